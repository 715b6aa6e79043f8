using System.CommandLine;
using Platform.Cli.Terminal;
using Platform.Engine.Checkpoints;
using Platform.Engine.Native;

namespace Platform.Cli.ModelTools;

internal static class LogitsCommand
{
    public static Command Create()
    {
        var model = ModelOption.Create();
        var ids = new Option<int[]>("--ids")
        {
            Description = "Token ids, separated by commas",
            HelpName = "1,2,3",
            Required = true,
            CustomParser = result =>
            {
                List<int> values = [];
                foreach (var part in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
                {
                    if (int.TryParse(part, out var id) && id >= 0)
                        values.Add(id);
                    else
                        result.AddError($"--ids: '{part}' is not a token id; write whole numbers from 0, separated by commas.");
                }

                return [.. values];
            },
        };
        var command = new Command("logits", "The model's logits behind the last of the given tokens, in float32 on the CPU") { model, ids };
        command.SetAction(parsed =>
        {
            var output = new Output(parsed);
            var logits = Compute(parsed.GetRequiredValue(model), parsed.GetRequiredValue(ids));
            output.Result(new { logits }, () =>
            {
                foreach (var (value, id) in logits.Select((value, id) => (value, id)).OrderByDescending(pair => pair.value).Take(10))
                    output.Line($"{id,8}  {value:F4}");
            });
        });
        return command;
    }

    private static float[] Compute(string folder, int[] ids)
    {
        TorchRuntime.Initialize();
        using var model = HuggingFaceFolder.LoadModel(folder, TorchSharp.torch.CPU);
        if (ids.Length > model.Config.ContextTokens)
            throw new CommandFailure($"--ids has {ids.Length} tokens; the model's context is {model.Config.ContextTokens}. Give fewer.");
        if (ids.FirstOrDefault(id => id >= model.Config.VocabularySize, -1) is var outside and >= 0)
            throw new CommandFailure($"--ids: {outside} is not in the model's vocabulary of {model.Config.VocabularySize} tokens (0 to {model.Config.VocabularySize - 1}).");
        var logits = model.LastLogits(ids);
        return logits.All(float.IsFinite)
            ? logits
            : throw new CommandFailure($"{folder}: the model's logits are not finite numbers; its weights are damaged.");
    }
}
