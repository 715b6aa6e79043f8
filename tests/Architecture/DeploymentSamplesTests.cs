using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Platform.Architecture.Tests;

/// <summary>What deploy/ says of the hosts is true of the hosts: their settings, routes, ports, commands and how long they take to stop.</summary>
public sealed partial class DeploymentSamplesTests
{
    /// <summary>The programs of build/publish, by command, with their sources and port.</summary>
    private static readonly Dictionary<string, (string Sources, string Port)> Hosts = new(StringComparer.Ordinal)
    {
        ["portal"] = ("src/Portal", "5080"),
        ["api"] = ("src/Api", "5081"),
        ["jobs"] = ("src/Jobs", "5082"),
    };

    [Fact]
    public void Settings_ThatSamplesName_AreKnownToTheHosts()
    {
        var known = KnownSettings();
        var named = Manifests.Files("", "*").Where(file => Path.GetExtension(file) is ".yaml" or ".env" or ".cfg" or "" || Path.GetFileName(file) == "Containerfile")
            .SelectMany(file => SettingName().Matches(File.ReadAllText(file)).Select(match => (Name: match.Value, File: Solution.Relative(file)))).Distinct().ToList();

        Assert.InRange(named.Count, 15, 1000);
        Assert.All(named, setting => Assert.True(known.Contains(setting.Name), $"{setting.File} sets {setting.Name}, which no host reads."));
    }

    [Fact]
    public void Probes_AskForRoutes_ThatTheHostHas()
    {
        var probes = (from container in Manifests.Containers()
                      where Hosts.ContainsKey(Command(container.Container))
                      from kind in new[] { "startupProbe", "readinessProbe", "livenessProbe" }
                      select (Host: Command(container.Container), Kind: kind, Path: (string?)container.Container[kind]?["httpGet"]?["path"], Port: (string?)container.Container[kind]?["httpGet"]?["port"])).ToList();

        Assert.Equal(12, probes.Count);
        Assert.All(probes, probe =>
        {
            Assert.Contains(probe.Path!, Routes(probe.Host));
            Assert.Equal(probe.Kind == "readinessProbe" ? "/readyz" : "/healthz", probe.Path);
            Assert.Equal("http", probe.Port);
        });
        Assert.All(ProxyBackends(), backend => Assert.Contains(backend.Check, Routes(backend.Name)));
        Assert.All(ComposeHosts(), service => Assert.Contains(Routes(service.Name), route => Manifests.Texts(service.Service["healthcheck"]!["test"]).Any(word => word.EndsWith(route, StringComparison.Ordinal))));
    }

    [Fact]
    public void Ports_OfHosts_AreTheSameEverywhere()
    {
        foreach (var (pod, container) in Manifests.Containers().Where(one => Hosts.ContainsKey(Command(one.Container))))
        {
            var port = Hosts[Command(container)].Port;
            Assert.Equal($"http://+:{port}", Environment(container)["ASPNETCORE_URLS"]);
            Assert.Equal(port, (string?)Manifests.Items(container["ports"]).Single()["containerPort"]);
            Assert.Contains(Manifests.Objects(), policy => (string?)policy["kind"] == "NetworkPolicy" && pod.StartsWith((string)policy["metadata"]!["name"]!, StringComparison.Ordinal)
                && (string?)policy["spec"]!["ingress"]?[0]?["ports"]?[0]?["port"] == port);
        }

        foreach (var (name, host) in Hosts)
        {
            Assert.Equal(host.Port, (string?)Manifests.Objects().Single(made => (string?)made["kind"] == "Service" && (string?)made["metadata"]!["name"] == name)["spec"]!["ports"]![0]!["port"]);
            Assert.Equal(host.Port, ProxyBackends().Single(backend => backend.Name == name).Port);
        }

        Assert.All(ComposeHosts(), service => Assert.Equal($"http://+:{Hosts[service.Name].Port}", (string?)service.Service["environment"]!["ASPNETCORE_URLS"]));
    }

    [Fact]
    public void Commands_AreThose_ThatTheImageHas()
    {
        var made = PublishedCommand().Matches(File.ReadAllText(Path.Combine(Solution.Root, "build", "publish"))).ToDictionary(match => match.Groups["command"].Value, match => match.Groups["project"].Value);
        Assert.Equal(["api", "jobs", "platform", "portal"], made.Keys.Order(StringComparer.Ordinal));
        Assert.All(made.Values, project => Assert.True(File.Exists(Path.Combine(Solution.Root, "src", project, project + ".csproj")), project));

        var used = Manifests.Containers().Where(one => IsOurs(one.Container)).Select(one => Command(one.Container))
            .Concat(Manifests.ComposeServices().Where(one => one.Service["command"] is not null && ((string?)one.Service["image"])!.Contains("PLATFORM_IMAGE", StringComparison.Ordinal))
                .Select(one => (Manifests.Texts(one.Service["entrypoint"]) is { Length: > 0 } entry ? entry : Manifests.Texts(one.Service["command"]))[0])).ToList();
        Assert.InRange(used.Count, 10, 100);
        Assert.All(used, command => Assert.Contains(command, made.Keys));
    }

    [Fact]
    public void Pods_MayDo_NoMoreThanTheyNeed()
    {
        Assert.InRange(Manifests.Pods().Count(), 8, 100);
        Assert.All(Manifests.Pods(), pod =>
        {
            Assert.Equal("true", (string?)pod.Spec["securityContext"]?["runAsNonRoot"]);
            Assert.Equal("RuntimeDefault", (string?)pod.Spec["securityContext"]?["seccompProfile"]?["type"]);
            Assert.Equal("false", (string?)pod.Spec["automountServiceAccountToken"]);
        });
        Assert.All(Manifests.Containers(), one =>
        {
            Assert.Equal("false", (string?)one.Container["securityContext"]?["allowPrivilegeEscalation"]);
            Assert.Equal("true", (string?)one.Container["securityContext"]?["readOnlyRootFilesystem"]);
            Assert.Equal(["ALL"], Manifests.Texts(one.Container["securityContext"]?["capabilities"]?["drop"]));
            Assert.NotNull(one.Container["resources"]?["requests"]?["cpu"]);
            Assert.NotNull(one.Container["resources"]?["limits"]?["memory"]);
        });
        Assert.All(Manifests.ComposeServices(), service => Assert.Equal(["ALL"], Manifests.Texts(service.Service["cap_drop"])));
    }

    /// <summary>A host that is killed while it stops loses what it was about to finish.</summary>
    [Fact]
    public void Hosts_GetMoreTime_ThanTheyTakeToStop()
    {
        foreach (var (name, spec) in Manifests.Pods())
            foreach (var container in Manifests.Items(spec["containers"]).Where(container => Hosts.ContainsKey(Command(container))))
            {
                var pause = Manifests.Texts(container["lifecycle"]?["preStop"]?["exec"]?["command"]) is ["sleep", var seconds] ? Seconds(seconds) : 0;
                var grace = Seconds((string)spec["terminationGracePeriodSeconds"]!);
                Assert.True(grace >= pause + Stopping(Environment(container)) + 5, $"{name}: {grace} s are not enough for {pause} s and {Stopping(Environment(container))} s.");
            }

        Assert.All(ComposeHosts(), service =>
        {
            var grace = Seconds(((string)service.Service["stop_grace_period"]!).TrimEnd('s'));
            Assert.True(grace >= Stopping(((JsonObject)service.Service["environment"]!).ToDictionary(pair => pair.Key, pair => (string)pair.Value!)) + 5, $"{service.Name}: {grace} s");
        });
    }

    [Fact]
    public void Secrets_AreIn_NoFile()
    {
        var values = Manifests.Containers().SelectMany(one => Manifests.Items(one.Container["env"])).Where(variable => SecretName().IsMatch((string)variable["name"]!)).ToList();
        Assert.InRange(values.Count, 6, 100);
        Assert.All(values, variable => Assert.True(variable["value"] is null && variable["valueFrom"]?["secretKeyRef"] is not null, $"{variable["name"]} has its value in a file."));
        Assert.All(
            Manifests.ComposeServices().Where(one => one.Service["environment"] is JsonObject).SelectMany(one => (JsonObject)one.Service["environment"]!).Where(variable => SecretName().IsMatch(variable.Key)),
            variable => Assert.StartsWith("${PGPASSWORD:?", (string)variable.Value!, StringComparison.Ordinal));
        Assert.DoesNotContain(Manifests.Objects(), made => (string?)made["kind"] == "Secret");
    }

    [Fact]
    public void Manifests_AreAll_InAKustomization()
    {
        foreach (var kustomization in Manifests.Files("kubernetes", "kustomization.yaml"))
        {
            var folder = Path.GetDirectoryName(kustomization)!;
            var content = Manifests.Documents(kustomization).Single();
            var named = Manifests.Texts(content["resources"]).Concat(Manifests.Texts(content["components"])).ToList();
            Assert.All(named, name => Assert.True(Path.Exists(Path.Combine(folder, name)), $"{Solution.Relative(kustomization)} names {name}."));
            Assert.Empty(Directory.EnumerateFiles(folder, "*.yaml").Select(file => Path.GetFileName(file)!).Except(named).Except(["kustomization.yaml"]));
        }
    }

    [Fact]
    public void PostgresClient_InTheImage_IsOfTheServersVersion()
    {
        var client = Regex.Match(Manifests.Read("image/Containerfile"), @"POSTGRES_CLIENT=postgresql-client-(\d+)").Groups[1].Value;
        string?[] servers = [(string?)Manifests.ComposeServices().Single(one => one.Name == "postgres").Service["image"], .. Manifests.Containers().Where(one => one.Pod == "postgres").Select(one => (string?)one.Container["image"])];
        Assert.Equal([$"postgres:{client}", $"postgres:{client}"], servers);
    }

    [Fact]
    public void Queues_OfJobs_ExistAndAreAllServed()
    {
        var known = Regex.Matches(string.Concat(Solution.Sources("src").Where(file => Path.GetFileName(file) is "Dispatcher.cs" or "HostProcesses.cs").Select(File.ReadAllText)), @"\w+Queue = ""(\w+)""")
            .Select(match => match.Groups[1].Value).ToList();
        Assert.Contains("runs", known);
        var patch = Regex.Match(Manifests.Read("kubernetes/components/gpu/kustomization.yaml"), @"value: (checks[\w,]*)").Groups[1].Value;
        var gpu = Environment(Manifests.Containers().Single(one => one.Pod == "jobs-gpu").Container)["Jobs__Queues"];

        Assert.Equal(known.Order(StringComparer.Ordinal), (patch + "," + gpu).Split(',').Order(StringComparer.Ordinal));
    }

    [Fact]
    public void RunsThatScaleGpuHosts_AreThoseThatAreNotOver()
    {
        var statuses = Regex.Match(File.ReadAllText(Path.Combine(Solution.Root, "src/Domain/Runs/RunStatus.cs")), @"enum RunStatus\s*\{(.*?)\n\}", RegexOptions.Singleline).Groups[1].Value;
        var named = Regex.Match(Manifests.Read("kubernetes/components/gpu-autoscaling/jobs-gpu.yaml"), @"IN \((.*)\)").Groups[1].Value.Split(',', StringSplitOptions.TrimEntries).Select(name => name.Trim('\''));
        Assert.All(named, name => Assert.Matches($@"\b{name},", statuses));
    }

    private static string Command(JsonObject container) => Manifests.Texts(container["command"]) is [var first, .. var rest] ? first == "sh" ? rest[^1].Split(' ')[0] : first : "";

    private static bool IsOurs(JsonObject container) => ((string)container["image"]!).StartsWith("platform", StringComparison.Ordinal);

    private static Dictionary<string, string> Environment(JsonObject container) =>
        Manifests.Items(container["env"]).Where(variable => variable["value"] is not null).ToDictionary(variable => (string)variable["name"]!, variable => (string)variable["value"]!);

    private static IEnumerable<(string Name, JsonObject Service)> ComposeHosts() => Manifests.ComposeServices().Where(service => Hosts.ContainsKey(service.Name));

    /// <summary>The .NET host's own limit where the sample does not set it, or the time that Jobs gives to checkpoints and to itself.</summary>
    private static int Stopping(Dictionary<string, string> environment) =>
        environment.TryGetValue("Jobs__ShutdownSeconds", out var jobs) ? Seconds(jobs) + 10
        : environment.TryGetValue("DOTNET_shutdownTimeoutSeconds", out var host) ? Seconds(host) : 30;

    private static int Seconds(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static List<string> Routes(string host) => [.. Solution.Sources(Hosts[host].Sources)
        .SelectMany(file => MappedRoute().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value)];

    private static IEnumerable<(string Name, string Check, string Port)> ProxyBackends() => Regex.Matches(Manifests.Read("proxy/replicas.cfg"), @"^backend (\w+)$(.*?)(?=^\S)", RegexOptions.Multiline | RegexOptions.Singleline)
        .Select(match => (match.Groups[1].Value, Regex.Match(match.Value, @"httpchk GET (\S+)").Groups[1].Value, Regex.Match(match.Value, @"server-template \w+ \d+ ""\w+\$\{DOMAIN\}:(\d+)""").Groups[1].Value));

    /// <summary>As environment variables write them: a section's constant and the properties beneath it.</summary>
    private static HashSet<string> KnownSettings()
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (var source in Solution.Sources("src").Select(File.ReadAllText).Where(source => source.Contains("const string Section", StringComparison.Ordinal)))
            foreach (Match record in OptionsRecord().Matches(source))
                foreach (Match property in OptionsProperty().Matches(record.Groups["body"].Value))
                    known.Add($"{record.Groups["section"].Value.Replace(":", "__", StringComparison.Ordinal)}__{property.Groups["name"].Value}{(property.Groups["type"].Value.StartsWith("IReadOnlyList", StringComparison.Ordinal) ? "__0" : "")}");
        return known;
    }

    [GeneratedRegex(@"\b(?:Api|Portal|Jobs|Engine|Platform|Database|Artifacts)__\w+")]
    private static partial Regex SettingName();

    [GeneratedRegex(@"PASSWORD|SECRET|ACCESS_?KEY", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"Map(?:Get|HealthChecks)\(""(/[a-z]+)""")]
    private static partial Regex MappedRoute();

    [GeneratedRegex(@"^publish (?<project>\w+) \w+ \S+ (?<command>\w+)$", RegexOptions.Multiline)]
    private static partial Regex PublishedCommand();

    [GeneratedRegex(@"record \w+\s*\{(?<body>.*?const string Section = ""(?<section>[\w:]+)"".*?\n\})", RegexOptions.Singleline)]
    private static partial Regex OptionsRecord();

    [GeneratedRegex(@"public (?<type>\S+) (?<name>\w+) \{ get; init; \}")]
    private static partial Regex OptionsProperty();
}
