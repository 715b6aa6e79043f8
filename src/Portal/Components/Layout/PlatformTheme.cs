using MudBlazor;

namespace Platform.Portal.Components.Layout;

/// <summary>The portal's look. The fonts are the system's own: no page asks the outside for anything.</summary>
internal static class PlatformTheme
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Arial", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#1d5fbf",
            Secondary = "#5a6b80",
            Tertiary = "#0f766e",
            Info = "#0b6a9c",
            Success = "#1a7a3e",
            Warning = "#9a5b00",
            Error = "#b3261e",
            Background = "#f6f7f9",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#1f2937",
            DrawerBackground = "#ffffff",
            DrawerText = "#334155",
            DrawerIcon = "#5a6b80",
            TextPrimary = "#1f2937",
            TextSecondary = "#566273",
            ActionDefault = "#566273",
            LinesDefault = "#dfe3e8",
            TableLines = "#e6e9ee",
            Divider = "#dfe3e8",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#7db1ff",
            PrimaryContrastText = "#0b1a30",
            Secondary = "#a3b1c2",
            Tertiary = "#5fd0c5",
            Info = "#6cc3f2",
            InfoContrastText = "#06202f",
            Success = "#6bd391",
            SuccessContrastText = "#06240f",
            Warning = "#f2b45c",
            WarningContrastText = "#2c1a00",
            Error = "#ff8a80",
            ErrorContrastText = "#330906",
            Background = "#12161c",
            Surface = "#1a2029",
            AppbarBackground = "#1a2029",
            AppbarText = "#e5e9ef",
            DrawerBackground = "#1a2029",
            DrawerText = "#c8d0da",
            DrawerIcon = "#a3b1c2",
            TextPrimary = "#e5e9ef",
            TextSecondary = "#a9b4c2",
            ActionDefault = "#a9b4c2",
            LinesDefault = "#313a46",
            TableLines = "#2b333e",
            Divider = "#313a46",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = ".875rem" },
            H5 = new H5Typography { FontFamily = Fonts, FontWeight = "600", FontSize = "1.5rem" },
            H6 = new H6Typography { FontFamily = Fonts, FontWeight = "600", FontSize = "1.05rem" },
            Button = new ButtonTypography { FontFamily = Fonts, TextTransform = "none", FontWeight = "600" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", DrawerWidthLeft = "232px", AppbarHeight = "56px" },
    };
}
