using Platform.Domain.Tasks;

namespace Platform.Domain.Tests.Tasks;

public sealed class TaskRulesTests
{
    [Fact]
    public void Validate_SoundTask_FindsNothing() => Assert.Empty(TaskRules.Validate(TestWorld.Sentiment()));

    public static TheoryData<TaskDraft, string, string> Deviations()
    {
        var sound = TestWorld.Sentiment();
        return new()
        {
            { sound with { Name = null }, "task_name_invalid", "name" },
            { sound with { Name = "Hotel Sentiment" }, "task_name_invalid", "name" },
            { sound with { Name = "-hotel" }, "task_name_invalid", "name" },
            { sound with { Name = new string('a', 65) }, "task_name_invalid", "name" },
            { sound with { Name = "hotel\n" }, "task_name_invalid", "name" },
            { sound with { Kind = "Classification" }, "task_kind_unknown", "kind" },
            { sound with { Kind = null }, "task_kind_unknown", "kind" },
            { sound with { Instruction = "  " }, "task_instruction_empty", "instruction" },
            { sound with { Instruction = new string('x', 4001) }, "task_instruction_too_long", "instruction" },
            { sound with { Labels = ["good"] }, "task_labels_missing", "labels" },
            { sound with { Labels = ["good", "bad", "good"] }, "task_label_twice", "labels" },
            { sound with { Labels = ["good", " bad"] }, "task_label_invalid", "labels[1]" },
            { sound with { Labels = ["good", ""] }, "task_label_invalid", "labels[1]" },
            { sound with { Kind = "similarity", Metric = "spearman" }, "task_labels_unwanted", "labels" },
            { sound with { Metric = "f2" }, "task_metric_unknown", "metric" },
            { sound with { Metric = null }, "task_metric_unknown", "metric" },
            { sound with { Metric = "rouge_l" }, "task_metric_unfit", "metric" },
            { sound with { Metric = "f1:great" }, "task_metric_label_unknown", "metric" },
            { sound with { Metric = "mean_f1:good,great" }, "task_metric_label_unknown", "metric" },
            { sound with { Tolerance = -0.01 }, "task_tolerance_out_of_range", "tolerance" },
            { sound with { Tolerance = double.NaN }, "task_tolerance_out_of_range", "tolerance" },
            { sound with { MaxOutputTokens = 0 }, "task_max_output_out_of_range", "max_output_tokens" },
            { sound with { AbstainBelow = 1.5 }, "task_abstain_out_of_range", "abstain_below" },
            { sound with { LatencyClass = "quick" }, "task_latency_class_unknown", "latency_class" },
            { sound with { Kind = "generation", Metric = "rouge_l", AbstainBelow = 0.5 }, "task_abstain_unfit", "abstain_below" },
        };
    }

    [Theory]
    [MemberData(nameof(Deviations))]
    public void Validate_OneDeviation_NamesItsField(TaskDraft draft, string code, string field)
    {
        var error = Assert.Single(TaskRules.Validate(draft));

        Assert.Equal((code, field, 400), (error.Code, error.Field, error.Status));
    }

    [Fact]
    public void Validate_ManyProblems_ReportsAllAtOnce()
    {
        var errors = TaskRules.Validate(new TaskDraft { Name = "?", Kind = "x", Instruction = "", Metric = "y", Tolerance = 2, MaxOutputTokens = -1 });

        Assert.Equal(["instruction", "kind", "max_output_tokens", "metric", "name", "tolerance"], errors.Select(error => error.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Validate_UnfitMetric_ListsTheFittingOnes()
    {
        var error = Assert.Single(TaskRules.Validate(TestWorld.Sentiment() with { Metric = "bleu" }));

        Assert.Contains("macro_f1", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("rouge_l", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f1:good")]
    [InlineData("mean_f1:good, bad")]
    [InlineData("matthews")]
    public void Validate_FittingMetric_FindsNothing(string metric) => Assert.Empty(TaskRules.Validate(TestWorld.Sentiment() with { Metric = metric }));

    [Fact]
    public void Metrics_EveryKind_HasAtLeastOne() => Assert.All(TaskKinds.All, kind => Assert.NotEmpty(Metrics.For(kind)));
}
