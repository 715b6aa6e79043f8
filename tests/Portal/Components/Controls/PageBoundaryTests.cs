using System.Text.RegularExpressions;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Platform.Portal.Components.Controls;

namespace Platform.Portal.Tests.Components.Controls;

public sealed partial class PageBoundaryTests
{
    [Fact]
    public async Task PageBoundary_PageBreaks_TellsTheTraceThatTheLogHas()
    {
        await using var context = await PortalContext.CreateAsync();
        var log = new Lines();
        context.Services.AddSingleton<ILoggerProvider>(log);
        PageBoundary? boundary = null;

        var page = context.Render<PageBoundary>(parameters => parameters
            .AddChildContent<Broken>()
            .Add(shown => shown.ErrorContent, _ => builder => builder.AddContent(0, $"under trace {boundary?.Trace}")));
        boundary = page.Instance;
        page.Render();

        Assert.Matches(Trace(), page.Markup);
        Assert.Contains(log.Written, line => line.Contains(boundary.Trace!, StringComparison.Ordinal));
    }

    [GeneratedRegex("under trace [0-9a-f]{32}$")]
    private static partial Regex Trace();

    private sealed class Broken : ComponentBase
    {
        protected override void BuildRenderTree(RenderTreeBuilder builder) => throw new InvalidOperationException("It broke.");
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public List<string> Written { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
