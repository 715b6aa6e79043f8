namespace Platform.CapacityModel;

/// <summary>A part of the platform under the wanted load.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Load">What the wanted load asks of it.</param>
/// <param name="One">What one of them gives.</param>
/// <param name="Needed">How many are needed at the utilisation that is allowed; above 1 a part of which there can only be one is saturated.</param>
/// <param name="CanBeMany">Whether more of them help.</param>
/// <param name="GrowsWithRequests">Whether requests are what fills it; else tasks or data do.</param>
/// <param name="MonthlyDollars">At the assumed prices; null where it costs nothing of its own.</param>
/// <param name="Change">What to do when it saturates.</param>
internal sealed record Part(string Name, string Load, string One, double Needed, bool CanBeMany, bool GrowsWithRequests, double? MonthlyDollars, string Change);

/// <summary>
/// How much of each part the wanted load needs, by proportion: rates are taken to hold at any number of machines, which is what the parts
/// that can be many promise and what was not measured here.
/// </summary>
internal sealed class Model(Inputs inputs)
{
    private const double SecondsOfDay = 86_400;
    private const double HoursOfMonth = 730;
    private const double Gigabyte = 1e9;

    private double PeakRequests => inputs["requestsPerDay"] / SecondsOfDay * inputs["peakFactor"];

    private double RecordsPerHour => PeakRequests * 3600;

    public IReadOnlyList<Part> Parts() =>
    [
        Engine("Api, embedded model (9 M weights)", inputs["apiProcessorMilliseconds"]),
        Engine("Api, a model of 12 M weights", MillisecondsOf("engineRequestsS")),
        Engine("Api, a model of 51 M weights", MillisecondsOf("engineRequestsM")),
        Engine("Api, a model of 494 M weights", MillisecondsOf("engineRequestsL")),
        Ledger(),
        LedgerDisk(),
        UsageOfRaggedHours(),
        UsageOfSums(),
        Ingestion(),
        RowIndexes(),
        Training(),
        Pages(),
    ];

    /// <summary>Requests a day at which a part of which there is one reaches what is allowed.</summary>
    public double RequestsPerDayAtLimit(Part part) => inputs["requestsPerDay"] / part.Needed;

    /// <summary>The engine's share was measured without HTTP, which costs every request the same.</summary>
    private double MillisecondsOf(string requestsOfTwoCores) =>
        2000 / inputs[requestsOfTwoCores] + inputs["apiProcessorMilliseconds"] - inputs["engineProcessorMilliseconds"];

    private Part Engine(string name, double processorMilliseconds)
    {
        var cores = PeakRequests * processorMilliseconds / 1000;
        return new Part(
            name, $"{PeakRequests:N0} requests/s at the peak, {processorMilliseconds:0.00} ms of a core each", $"{1000 / processorMilliseconds:N1} requests/s a core",
            cores / inputs["utilisation"], CanBeMany: true, GrowsWithRequests: true, cores / inputs["utilisation"] * inputs["dollarsPerCoreHour"] * HoursOfMonth, "More replicas; they share nothing but the database.");
    }

    private Part Ledger() => new(
        "Ledger, groups one after the other", $"{PeakRequests:N0} records/s at the peak", $"{inputs["ledgerRecordsPerSecond"]:N0} records/s", PeakRequests / inputs["ledgerRecordsPerSecond"] / inputs["utilisation"],
        CanBeMany: false, GrowsWithRequests: true, null, "A lock for each team's ledger instead of one for all.");

    private Part LedgerDisk()
    {
        var bytes = inputs["requestsPerDay"] * (inputs["recordBytes"] + inputs["recordIndexBytes"]);
        var kept = bytes * inputs["recordDays"];
        return new Part(
            "Database, disk of the records", $"{bytes / Gigabyte:N0} GB a day, {kept / Gigabyte:N0} GB in {inputs["recordDays"]:N0} days", $"{inputs["databaseDiskBytes"] / Gigabyte:N0} GB", kept / inputs["databaseDiskBytes"],
            CanBeMany: false, GrowsWithRequests: true, kept / Gigabyte * inputs["dollarsPerDiskGigabyteMonth"], "Records in partitions by day, the old ones moved to the artifact store and dropped; the sums stay.");
    }

    private Part UsageOfRaggedHours()
    {
        var seconds = 2 * RecordsPerHour / (inputs["raggedRecords"] / (inputs["raggedMilliseconds"] / 1000));
        return new Part(
            "Usage of a period with ragged ends", $"{2 * RecordsPerHour:N0} records of the two hours at its ends", $"{inputs["raggedRecords"] / (inputs["raggedMilliseconds"] / 1000):N0} records/s", seconds / inputs["questionSeconds"],
            CanBeMany: false, GrowsWithRequests: true, null, "Sums by minute for the last days, or periods in whole hours.");
    }

    private Part UsageOfSums()
    {
        var rows = inputs["tasks"] * inputs["keysPerTask"] * inputs["questionDays"];
        var rate = inputs["sumRows"] / (inputs["sumMilliseconds"] / 1000);
        return new Part(
            "Usage of whole days, all tasks", $"{rows:N0} sums of {inputs["questionDays"]:N0} days", $"{rate:N0} sums/s", rows / rate / inputs["questionSeconds"], CanBeMany: false, GrowsWithRequests: false, null, "Sums by month beside those by day.");
    }

    private Part Ingestion()
    {
        var rows = inputs["datasetBytes"] / inputs["rowBytes"];
        var days = rows / inputs["ingestedRowsPerSecond"] / SecondsOfDay;
        return new Part(
            "Datasets taken in and checked", $"{rows:N0} rows", $"{inputs["ingestedRowsPerSecond"]:N0} rows/s on two cores: {days:N1} days for all", days / inputs["ingestionDays"],
            CanBeMany: true, GrowsWithRequests: false, inputs["datasetBytes"] / Gigabyte * inputs["dollarsPerObjectGigabyteMonth"], "More Jobs hosts with the queue 'checks'.");
    }

    private Part RowIndexes()
    {
        var bytes = inputs["datasetBytes"] / inputs["rowBytes"] / 1e6 * inputs["indexMegabytesPerMillionRows"] * 1e6;
        return new Part(
            "Indexes of the datasets' rows", $"{bytes / Gigabyte:N0} GB beside the data", "the artifact store", bytes / inputs["datasetBytes"], CanBeMany: true, GrowsWithRequests: false, bytes / Gigabyte * inputs["dollarsPerObjectGigabyteMonth"],
            "An index for versions that somebody looks at, made when they do.");
    }

    private Part Training()
    {
        var rows = inputs["tasks"] * inputs["examplesPerTask"] * inputs["passes"];
        var days = rows / inputs["trainedRowsPerSecond"] / SecondsOfDay;
        return new Part(
            "Training of all tasks, embedded model", $"{rows:N0} examples with the dedicated models", $"{inputs["trainedRowsPerSecond"]:N0} rows/s on two cores: {days:N1} days for all", days / inputs["trainingDays"], CanBeMany: true, GrowsWithRequests: false,
            days * 24 * 2 * inputs["dollarsPerCoreHour"], "Hosts with accelerators. Dedicated models can be spread; one stage trains on one device, so a stage of all tasks does not get shorter.");
    }

    private Part Pages()
    {
        var milliseconds = inputs["slowestPageMilliseconds"] * inputs["tasks"] / inputs["slowestPageTasks"];
        return new Part(
            "Portal, lists of all tasks", $"{milliseconds / 1000:N1} s for a page if it grows with the tasks", $"{inputs["slowestPageMilliseconds"]:N0} ms with {inputs["slowestPageTasks"]:N0} tasks", milliseconds / 1000 / inputs["questionSeconds"],
            CanBeMany: false, GrowsWithRequests: false, null, "Lists by page, sorted in the database.");
    }
}
