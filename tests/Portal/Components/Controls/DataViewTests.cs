using Bunit;
using Microsoft.AspNetCore.Components;
using Platform.Domain.Results;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Tests.Components.Controls;

public sealed class DataViewTests
{
    [Fact]
    public async Task DataView_WhileLoading_SaysSo()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var never = new TaskCompletionSource<Result<string>>();

        var view = Render(context, () => never.Task);

        Assert.Contains("Loading the words", view.Find("[role=status]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataView_Loaded_ShowsContent()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);

        var view = Render(context, () => Task.FromResult(Result.Success("hello")));

        view.WaitForAssertion(() => Assert.Contains("hello", view.Find("[data-state=content]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DataView_NothingThere_ShowsEmpty()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);

        var view = Render(context, () => Task.FromResult(Result.Success("")));

        view.WaitForAssertion(() => Assert.Contains("nothing here", view.Find("[data-state=empty]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DataView_Failed_ShowsTheMessageAndTriesAgain()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var broken = true;
        var view = Render(context, () => Task.FromResult(broken ? Error.Conflict("broken", "It is broken; mend it.") : Result.Success("mended")));
        view.WaitForAssertion(() => Assert.Contains("It is broken; mend it.", view.Find("[role=alert]").TextContent, StringComparison.Ordinal));

        broken = false;
        await view.Find("button").ClickAsync(new());

        view.WaitForAssertion(() => Assert.Contains("mended", view.Find("[data-state=content]").TextContent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DataView_RefreshFails_KeepsWhatItShows()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var broken = false;
        var view = Render(context, () => Task.FromResult(broken ? Error.Conflict("broken", "It is broken.") : Result.Success("hello")));
        view.WaitForElement("[data-state=content]");

        broken = true;
        await view.InvokeAsync(view.Instance.ReloadAsync);

        Assert.Contains("hello", view.Find("[data-state=content]").TextContent, StringComparison.Ordinal);
        Assert.Contains("out of date", view.Find("[role=status]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataView_Refreshing_StopsWhenFinal()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var loads = 0;

        var view = Render(context, () => Task.FromResult(Result.Success($"load {++loads}")), parameters => parameters
            .Add(data => data.RefreshEvery, TimeSpan.FromMilliseconds(10))
            .Add(data => data.IsFinal, text => text == "load 3"));

        view.WaitForAssertion(() => Assert.Contains("load 3", view.Markup, StringComparison.Ordinal));
        await view.InvokeAsync(() => { });
        Assert.Equal(3, loads);
    }

    [Fact]
    public async Task DataView_StampUnchanged_LoadsNothingUntilItChanges()
    {
        await using var context = await PortalContext.CreateAsync();
        await context.SignInAsync(isAdmin: false);
        var (loads, asked, stamp) = (0, 0, "one");
        // Nothing is drawn while the stamp stays, so that there is no event to wait for.
        var askedOften = new TaskCompletionSource();
        var view = Render(context, () => Task.FromResult(Result.Success($"load {++loads}")), parameters => parameters
            .Add(data => data.RefreshEvery, TimeSpan.FromMilliseconds(10))
            .Add(data => data.Stamp, _ =>
            {
                if (++asked == 5)
                    askedOften.SetResult();
                return Task.FromResult<object?>(stamp);
            })
            .Add(data => data.IsFinal, text => text == "load 2"));

        await askedOften.Task.WaitAsync(TimeSpan.FromSeconds(20), Xunit.TestContext.Current.CancellationToken);
        Assert.Equal(1, loads);
        stamp = "two";

        view.WaitForAssertion(() => Assert.Contains("load 2", view.Markup, StringComparison.Ordinal));
    }

    private static IRenderedComponent<DataView<string>> Render(
        PortalContext context, Func<Task<Result<string>>> load, Action<ComponentParameterCollectionBuilder<DataView<string>>>? more = null) =>
        context.Render<DataView<string>>(parameters =>
        {
            parameters
                .Add(view => view.What, "words")
                .Add(view => view.Load, (_, _) => load())
                .Add(view => view.IsEmpty, text => text.Length == 0)
                .Add(view => view.Empty, "nothing here")
                .Add(view => view.Content, text => builder => builder.AddContent(0, text));
            more?.Invoke(parameters);
        });
}
