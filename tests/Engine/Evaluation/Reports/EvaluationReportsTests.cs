using System.Text.Json;
using Platform.Engine.Evaluation;
using Platform.Engine.Evaluation.Calibration;
using Platform.Engine.Evaluation.Comparisons;
using Platform.Engine.Evaluation.Reports;
using Platform.Engine.Tasks;
using Platform.Engine.Tests.Evaluation.Calibration;
using Platform.Engine.Tests.Evaluation.References;

namespace Platform.Engine.Tests.Evaluation.Reports;

public class EvaluationReportsTests
{
    [Fact]
    public void Create_LabelledTask_HoldsEveryPart()
    {
        var rows = ReferenceValues.Rows("label_rows");
        var fit = TemperatureFit.Fit(rows, ReferenceValues.Labels);
        var worse = rows.Select((row, i) => i % 4 == 0 ? row with { Actual = "other" } : row).ToList();

        var report = EvaluationReports.Create(new ReportInput
        {
            Task = Task(TaskKind.Classification, "macro_f1", ReferenceValues.Labels),
            Predictions = rows,
            Fit = fit,
            Baseline = new AnsweredSplit(worse, null),
            Others = [("version 2", rows), ("version 1", [])],
        });

        Assert.Equal(400, report.Rows);
        Assert.Equal(ReferenceValues.Values("label_values").Single(one => one.Name == "macro_f1").Value, report.Score.Value, 1e-10);
        Assert.Equal([ModelComparison.SingleTask, "version 2"], report.Comparisons.Select(one => one.Against));
        Assert.True(report.Comparisons[0] is { PValue: < 0.01, Difference.Low: > 0, Test: ModelComparison.RandomisationTest });
        Assert.Equal(1, report.Comparisons[1].PValue);
        Assert.True(report.Calibration!.After!.ExpectedCalibrationError < report.Calibration.Before.ExpectedCalibrationError);
        Assert.NotNull(report.Calibration.SingleAfter);
        Assert.Equal(400, report.Confusion.Sum(cell => cell.Rows));
        Assert.Equal(report.WrongRows, report.Confusion.Where(cell => cell.Expected != cell.Answered).Sum(cell => cell.Rows));
        Assert.Equal(rows.Count(row => row.Expected != row.Actual), report.WrongRows);
        Assert.Equal(report.WrongExamples.OrderByDescending(one => one.Score).Select(one => one.Id), report.WrongExamples.Select(one => one.Id));
        Assert.All(report.WrongExamples, one => Assert.True(one.ExpectedScore < one.Score));
        Assert.All(report.WrongExamples, one => Assert.NotNull(one.SingleAnswered));
    }

    [Fact]
    public void Create_SameAnswers_GivesTheSameBytes()
    {
        var input = new ReportInput { Task = Task(TaskKind.Classification, "accuracy", ReferenceValues.Labels), Predictions = ReferenceValues.Rows("label_rows"), Seed = 3 };

        Assert.Equal(JsonSerializer.Serialize(EvaluationReports.Create(input)), JsonSerializer.Serialize(EvaluationReports.Create(input)));
    }

    [Theory]
    [InlineData(TaskKind.Similarity, "spearman")]
    [InlineData(TaskKind.Similarity, "pearson")]
    [InlineData(TaskKind.Generation, "rouge_l")]
    [InlineData(TaskKind.Generation, "sari")]
    [InlineData(TaskKind.Generation, "bleu")]
    [InlineData(TaskKind.Generation, "exact_match_number")]
    [InlineData(TaskKind.Extraction, "exact_match")]
    [InlineData(TaskKind.Extraction, "chrf")]
    public void Create_OpenTask_OrdersTheWrongRowsByHowBadTheyAre(TaskKind kind, string metric)
    {
        var rows = kind == TaskKind.Similarity ? ReferenceValues.Rows("number_rows") : ReferenceValues.Rows("text_rows");
        rows[0] = rows[0] with { Actual = "?" };

        var report = EvaluationReports.Create(new ReportInput { Task = Task(kind, metric), Predictions = rows, Baseline = new AnsweredSplit(rows, null) });

        Assert.Null(report.Calibration);
        Assert.Empty(report.Confusion);
        Assert.Contains(report.WrongExamples, one => one.Id == "r0");
        Assert.Equal(report.WrongExamples.OrderBy(one => one.RowScore ?? double.NegativeInfinity).Select(one => one.RowScore), report.WrongExamples.Select(one => one.RowScore));
        Assert.DoesNotContain(report.WrongExamples, one => one.Expected == one.Answered);
        Assert.Equal(1, report.Comparisons.Single().PValue);
        _ = JsonSerializer.Serialize(report); // no infinity anywhere
    }

    [Fact]
    public void Create_Spans_CountsEachType()
    {
        var rows = Rows.Of(("city: Rome; date: 1 May", "city: Rome"), ("city: Oslo; city: Oslo", "city: Oslo; date: today"), ("none", "none"));

        var report = EvaluationReports.Create(new ReportInput { Task = Task(TaskKind.Tagging, "span_f1", ["city", "date"]), Predictions = rows });

        Assert.Equal([new LabelFigures("city", 3, 2, 2, 1, 2 / 3.0, 0.8), new LabelFigures("date", 1, 1, 0, 0, 0, 0)], report.Labels);
        Assert.Equal(2, report.WrongRows); // nothing expected and nothing answered is right
    }

    [Fact]
    public void Create_PairAndChoiceTasks_CountTheirLabels()
    {
        foreach (var kind in new[] { TaskKind.PairClassification, TaskKind.MultipleChoice })
        {
            var report = EvaluationReports.Create(new ReportInput { Task = Task(kind, "accuracy", ["yes", "no"]), Predictions = TemperatureFitTests.Answers(0.9, 70) });

            Assert.Equal([70, 30], report.Labels.Select(one => one.Support));
            Assert.Equal(30, report.WrongRows);
            Assert.Equal("Not calibrated: the recipe switches calibration off.", report.Calibration!.Sentence);
        }
    }

    [Fact]
    public void Create_TooFewRows_SaysHowManyWouldDo()
    {
        var report = EvaluationReports.Create(new ReportInput
        {
            Task = Task(TaskKind.Classification, "accuracy", ["yes", "no"]), Predictions = TemperatureFitTests.Answers(0.9, 70), Tolerance = 0.02,
        });

        // 1.96 sqrt(0.7 x 0.3 / 100) = 0.09: about 4.5^2 as many rows.
        Assert.False(report.Certainty.IsEnough);
        Assert.Equal(0.09, report.Certainty.HalfWidth, 0.01);
        Assert.InRange(report.Certainty.RowsWanted!.Value, 1600, 2500);
        Assert.Contains("too small for the wished certainty", report.Warnings[0], StringComparison.Ordinal);
        Assert.Contains(report.Warnings, line => line.Contains("no better than always answering 'yes', which would reach 70.0", StringComparison.Ordinal));
        Assert.Contains(report.Warnings, line => line.Contains("1 label of 2 was never answered: no.", StringComparison.Ordinal));
    }

    [Fact]
    public void Create_EveryRowRight_DoesNotClaimCertainty()
    {
        var report = EvaluationReports.Create(new ReportInput
        {
            Task = Task(TaskKind.Classification, "accuracy", ["yes", "no"]), Predictions = TemperatureFitTests.Answers(0.9, 100), Tolerance = 0.02,
        });

        Assert.Equal((0.03, 150), (Math.Round(report.Certainty.HalfWidth, 6), report.Certainty.RowsWanted));
        Assert.False(report.Certainty.IsEnough);
    }

    [Fact]
    public void Create_MoreWrongRowsThanItHolds_KeepsTheSurest()
    {
        var rows = Enumerable.Range(0, EvaluationReports.WrongExamplesMax + 50).Select(i => new Prediction(
            $"r{i}", new string('x', 3000), "no", "yes", [], Probabilities: [0.5f + (i / 2000f), 0.5f - (i / 2000f)])).ToList();

        var report = EvaluationReports.Create(new ReportInput { Task = Task(TaskKind.Classification, "accuracy", ["yes", "no"]), Predictions = rows });

        Assert.Equal((550, 500), (report.WrongRows, report.WrongExamples.Count));
        Assert.Equal("r549", report.WrongExamples[0].Id);
        Assert.Equal(1001, report.WrongExamples[0].Input.Length);
    }

    private static TaskSpec Task(TaskKind kind, string metric, IReadOnlyList<string>? labels = null) =>
        new() { Name = "guest-mood", Kind = kind, Instruction = "Judge.", Metric = metric, Labels = labels ?? [] };
}
