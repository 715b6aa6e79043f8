using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.EndToEnd.Tests.Journeys;

/// <summary>What a team learns of its task from a run: what joining would do, who helps whom, how good it is, and how to object.</summary>
[Collection(SampleCompany.Name)]
public sealed class ResultTests(SampleCompany company)
{
    [Fact]
    public async Task WhatIf_IsEstimated_FromTheProbeOfARun()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync($"/tasks/{SampleCompany.FirstTask}");
        await browser.PressAsync("Estimate");
        var estimate = browser.Page.GetByRole(AriaRole.Region, new() { Name = "What if it joined?" });
        await Expect(estimate.GetByRole(AriaRole.Rowheader, new() { Name = SampleCompany.SecondTask })).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await Expect(estimate).ToContainTextAsync("An estimate, not a training");
        await browser.InspectBothEndsAsync("what-if");
    }

    [Fact]
    public async Task Contest_OfAMember_IsDecidedByAnAdmin_AndStaysWithTheRun()
    {
        await using (var member = await company.OpenAsync(SampleCompany.Member))
        {
            await member.GoToAsync("/runs/1?tab=compatibility");
            var map = member.Page.GetByRole(AriaRole.Region, new() { Name = "Compatibility map" });
            await Expect(map).ToContainTextAsync("all others together");
            await Expect(map).ToContainTextAsync("as a multiple of what a step on a task's own rows gains");
            await member.Page.GetByRole(AriaRole.Tab, new() { Name = "Results" }).ClickAsync();
            await Expect(member.Page).ToHaveURLAsync(new Regex(@"/runs/1\?tab=results$"));
            await member.PressAsync($"Contest the decision on {SampleCompany.SecondTask}");
            await Expect(member.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
            await member.InspectAsync("contest-dialog");
            await member.GiveReasonAsync("Our rows are of another kind.", "Contest");
            await Expect(member.Page.GetByText("Waits for an admin.")).ToBeVisibleAsync();
            await member.InspectBothEndsAsync("contest-open");
        }

        await using var admin = await company.OpenAsync(SampleCompany.Admin);
        await admin.GoToAsync("/");
        await admin.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("^Decide: Mia Member contests") }).ClickAsync();
        await admin.PressAsync($"Decline the contest of {SampleCompany.SecondTask}");
        await admin.GiveReasonAsync("The probe says otherwise.", "Decline");
        await Expect(admin.Page.GetByText("The contest was declined.")).ToBeVisibleAsync();
        await admin.InspectAsync("contest-declined");
    }

    [Fact]
    public async Task Report_OfATask_ShowsScoreConfusionCalibrationAndWrongRows()
    {
        await using var browser = await company.OpenAsync(SampleCompany.Member);
        await browser.GoToAsync($"/tasks/{SampleCompany.FirstTask}");
        await browser.Page.GetByRole(AriaRole.Link, new() { Name = "Report" }).First.ClickAsync();
        await browser.Page.WaitForURLAsync($"**/models/*/tasks/{SampleCompany.FirstTask}");
        await Expect(browser.Page.GetByRole(AriaRole.Region, new() { Name = "Score", Exact = true })).ToContainTextAsync("Single-task");
        await Expect(browser.Page.Locator("table.confusion")).ToBeVisibleAsync();
        await Expect(browser.Page.Locator(".reliability svg")).ToBeVisibleAsync();
        foreach (var region in await browser.Page.GetByRole(AriaRole.Region).AllAsync())
            Assert.DoesNotContain("NaN", await region.InnerTextAsync(), StringComparison.Ordinal);
    }
}
