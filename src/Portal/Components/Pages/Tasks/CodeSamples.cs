using System.Text.Json;
using Platform.Domain.Tasks;

namespace Platform.Portal.Components.Pages.Tasks;

/// <param name="Text">When to use it.</param>
public sealed record CodeExample(string Title, string Text, string Code);

/// <summary>How applications call a task, with its name and a label of its own in them.</summary>
public static class CodeSamples
{
    public static IReadOnlyList<CodeExample> Of(TaskDefinition task, Uri api)
    {
        var pairs = task.Kind is TaskKind.PairClassification or TaskKind.Similarity;
        var input = pairs ? """{"id": "1", "text": "The first text.", "text2": "The second text."}""" : """{"id": "1", "text": "The text that you have."}""";
        var message = pairs ? "\"The first text.\", \"The second text.\"" : "\"The text that you have.\"";
        var address = api.ToString().TrimEnd('/');
        var first = task.Labels.Count > 0 ? JsonSerializer.Serialize(task.Labels[0]) : "\"...\"";
        return
        [
            new("curl", task.Kind.AnswersWithLabel() ? $"The task's own route: the label (such as {first}), its probability, the next best labels, and what it cost." : "The task's own route: the answer, its score, and what it cost.",
                $$"""
                curl {{address}}/v1/tasks/{{task.Name}}/predict \
                  -H "Authorization: Bearer $PLATFORM_API_KEY" \
                  -H "Content-Type: application/json" \
                  -d '{"inputs": [{{input}}], "top_k": 3}'
                """),
            new("JavaScript (OpenAI SDK)", pairs ? "The unchanged openai package; the task is the model. The two texts are two content parts." : "The unchanged openai package; the task is the model.",
                $$"""
                import OpenAI from "openai";

                const client = new OpenAI({ baseURL: "{{address}}/v1", apiKey: process.env.PLATFORM_API_KEY });
                const completion = await client.chat.completions.create({
                  model: "{{task.Name}}",
                  messages: [{ role: "user", content: [{{string.Join(", ", message.Split(", \"").Select((text, index) => $$"""{ type: "text", text: {{(index == 0 ? text : "\"" + text)}} }"""))}}] }],
                });
                console.log(completion.choices[0].message.content);
                """),
            new(".NET (OpenAI SDK)", "The unchanged OpenAI package.",
                $$"""
                using System.ClientModel;
                using OpenAI;
                using OpenAI.Chat;

                var client = new ChatClient(
                    "{{task.Name}}",
                    new ApiKeyCredential(Environment.GetEnvironmentVariable("PLATFORM_API_KEY")!),
                    new OpenAIClientOptions { Endpoint = new Uri("{{address}}/v1") });
                ChatCompletion completion = await client.CompleteChatAsync(new UserChatMessage(
                    {{string.Join(",\n    ", message.Split(", \"").Select((text, index) => $"ChatMessageContentPart.CreateTextPart({(index == 0 ? text : "\"" + text)})"))}}));
                Console.WriteLine(completion.Content[0].Text);
                """),
            new("A retry that costs nothing", "Send the same Idempotency-Key again after a timeout: the answer is the same, and it is billed once.",
                $$"""
                curl {{address}}/v1/tasks/{{task.Name}}/predict \
                  -H "Authorization: Bearer $PLATFORM_API_KEY" \
                  -H "Idempotency-Key: order-4711" \
                  -H "Content-Type: application/json" \
                  -d '{"inputs": [{{input}}]}'
                """),
        ];
    }
}
