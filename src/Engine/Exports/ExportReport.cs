namespace Platform.Engine.Exports;

/// <summary>What an export wrote.</summary>
/// <param name="Path">The file or folder.</param>
/// <param name="Files">All files.</param>
/// <param name="Parameters">Weights in it.</param>
/// <param name="Bytes">Size of all files together.</param>
public sealed record ExportReport(string Path, IReadOnlyList<string> Files, long Parameters, long Bytes);
