using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;

namespace Platform.Portal.Tests;

internal static class Labels
{
    /// <summary>The field that a label names, as a screen reader finds it.</summary>
    public static IElement FindByLabel<T>(this IRenderedComponent<T> page, string label)
        where T : IComponent
    {
        var named = page.FindAll("label").First(found => found.TextContent.Trim().TrimEnd('*') == label);
        return page.Find("#" + named.GetAttribute("for"));
    }

    public static IElement FindButton<T>(this IRenderedComponent<T> page, string text)
        where T : IComponent =>
        page.FindAll("button").First(found => found.TextContent.Trim() == text);
}
