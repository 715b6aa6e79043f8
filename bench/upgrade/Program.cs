using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Platform.UpgradeTraffic;

// Callers who never try again, so that a request that is lost is counted as lost. deploy/upgrade-check starts it; it ends when its standard input does.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not [var api, var portal, var task, var number] || !int.TryParse(number, out var callers) || Environment.GetEnvironmentVariable("PLATFORM_API_KEY") is not { Length: > 0 } key)
{
    Console.Error.WriteLine("Usage: PLATFORM_API_KEY=sk-... API-URL PORTAL-URL TASK CALLERS");
    return 2;
}

using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { Timeout = TimeSpan.FromSeconds(90) };
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
using var stop = new CancellationTokenSource();
var predictions = new Answers();
var pages = new Answers();
var callersAtWork = Enumerable.Range(0, callers).Select(caller => RepeatAsync(predictions, TimeSpan.Zero, count =>
{
    var content = new StringContent($$"""{"inputs":[{"text":"caller {{caller}} asks for the {{count}}th time"}]}""", Encoding.UTF8, "application/json");
    return client.PostAsync($"{api}/v1/tasks/{task}/predict", content);
})).Append(RepeatAsync(pages, TimeSpan.FromMilliseconds(200), _ => client.GetAsync($"{portal}/signin"))).ToList();
await Console.In.ReadToEndAsync();
await stop.CancelAsync();
await Task.WhenAll(callersAtWork);
Console.WriteLine($"predictions {predictions}");
Console.WriteLine($"pages {pages}");
return predictions.Lost + pages.Lost == 0 ? 0 : 1;

async Task RepeatAsync(Answers answers, TimeSpan pause, Func<int, Task<HttpResponseMessage>> sendAsync)
{
    for (var count = 1; !stop.IsCancellationRequested; count++)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var response = await sendAsync(count);
            var body = await response.Content.ReadAsStringAsync();
            answers.Add(response.StatusCode == HttpStatusCode.OK ? null : $"{(int)response.StatusCode} {body.ReplaceLineEndings(" ")}", Stopwatch.GetElapsedTime(started));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            answers.Add(exception.Message, Stopwatch.GetElapsedTime(started));
        }

        await Task.Delay(pause);
    }
}
