using System.Globalization;
using System.Text;
using QRCoder;

namespace Platform.Portal.Access;

/// <summary>A QR code as an SVG of one path: sharp at every size, and nothing that a content policy could refuse.</summary>
internal static class QrDrawing
{
    /// <param name="text">What a phone reads.</param>
    /// <param name="label">What a screen reader says. Markup: not for what users typed.</param>
    public static string Svg(string text, string label)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);

        // The matrix has the quiet zone around it already.
        var size = code.ModuleMatrix.Count;
        var path = new StringBuilder();
        for (var row = 0; row < size; row++)
            for (var column = 0; column < size; column++)
                if (code.ModuleMatrix[row][column])
                    path.Append(CultureInfo.InvariantCulture, $"M{column} {row}h1v1h-1z");

        // Dark on light in both themes: scanners want it so.
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"{label}\" shape-rendering=\"crispEdges\">"
            + $"<path d=\"M0 0h{size}v{size}H0z\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>";
    }
}
