using System.Globalization;
using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>What several journeys do with a task of their own.</summary>
internal static class TaskSteps
{
    private static readonly (string Split, int Rows)[] Splits = [("train", 0), ("validation", 8), ("test", 12)];
    private static readonly string[] Places = ["lobby", "pool", "room", "garden", "lift"];

    public static async Task RegisterAsync(Browser browser, string name, params string[] labels)
    {
        await browser.GoToAsync("/tasks/register");
        await browser.Page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await browser.Page.GetByLabel("Instruction").FillAsync("How does the guest sound?");
        await browser.Page.GetByLabel("Labels", new() { Exact = true }).FillAsync(string.Join('\n', labels));
        await browser.PressAsync("Register the task");
        await browser.Page.WaitForURLAsync($"**/tasks/{name}/upload");
        await Expect(browser.Page.Locator("[data-drop=ready]")).ToBeVisibleAsync();
    }

    /// <summary>Every text differs, in every split; labels take turns.</summary>
    public static void WriteJsonLines(string folder, string name, int trainRows, params string[] labels) =>
        Write(folder, "jsonl", trainRows, (split, row) => $$$"""{"id":"{{{split}}}-{{{row}}}","input":{"text":"{{{Text(name, split, row)}}}"},"output":"{{{labels[row % labels.Length]}}}"}""");

    /// <summary>With columns that no guess recognises.</summary>
    public static void WriteTables(string folder, string name, int trainRows, params string[] labels) =>
        Write(folder, "csv", trainRows, (split, row) => $"{split}{row},{Text(name, split, row)},{labels[row % labels.Length]}", "number,what was said,feeling");

    public static async Task ChooseFilesAsync(Browser browser, string folder, string format)
    {
        await Expect(browser.Page.Locator("[data-drop=ready]")).ToBeVisibleAsync();
        foreach (var (split, _) in Splits)
            await browser.Page.Locator($"input[name={split}]").SetInputFilesAsync(Path.Combine(folder, $"{split}.{format}"));
    }

    /// <summary>Uploads and waits until the check has found the data ready.</summary>
    public static async Task UploadAsync(Browser browser, string name, string folder, string format)
    {
        await browser.GoToAsync($"/tasks/{name}/upload");
        await ChooseFilesAsync(browser, folder, format);
        await browser.PressAsync("Upload");
        await browser.Page.WaitForURLAsync($"**/tasks/{name}/data/1**");
        await Expect(browser.Page.GetByText("Ready", new() { Exact = true }).First).ToBeVisibleAsync();
    }

    private static void Write(string folder, string format, int trainRows, Func<string, int, string> line, string? head = null)
    {
        foreach (var (split, rows) in Splits)
        {
            var text = new StringBuilder(head is null ? "" : head + "\n");
            for (var row = 0; row < (rows == 0 ? trainRows : rows); row++)
                text.Append(line(split, row)).Append('\n');
            File.WriteAllText(Path.Combine(folder, $"{split}.{format}"), text.ToString());
        }
    }

    private static string Text(string name, string split, int row) => string.Create(CultureInfo.InvariantCulture, $"{name} {split} {row}: about the {Places[row / 5 % Places.Length]}");
}
