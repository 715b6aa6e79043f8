using System.Text;
using Microsoft.Data.Sqlite;

namespace Platform.Domain.Persistence.RowIndexes;

/// <summary>
/// Writes a search by the beginnings of words. The index merges the whole lists of all words with a beginning before it gives the first row; words
/// that are asked for by name are read as far as the page needs. So beginnings are replaced by the words that have them, where these are few.
/// </summary>
internal static class RowWords
{
    private const int MostWords = 32;

    /// <summary>Sorts before any letter or digit, so that what follows is the next longer word.</summary>
    private const char First = '\u0001';

    /// <returns>Rows that have a word for each of <paramref name="terms"/>.</returns>
    public static string Query(SqliteConnection connection, IReadOnlyList<string> terms)
    {
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab('main', 'words', 'instance')";
            command.ExecuteNonQuery();
        }

        return string.Join(" AND ", terms.Select(term => WordsOf(connection, term) is { Count: > 0 } words ? $"({string.Join(" OR ", words.Select(word => $"\"{word}\""))})" : $"\"{term}\"*"));
    }

    /// <returns>None when there are too many, or when the index may write the term in another way.</returns>
    private static List<string> WordsOf(SqliteConnection connection, string term)
    {
        if (!Ascii.IsValid(term))
            return [];
        var beginning = term.ToLowerInvariant();
        List<string> words = [];
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT term FROM temp.terms WHERE term >= @from LIMIT 1";
        var from = command.Parameters.AddWithValue("@from", beginning);
        while (command.ExecuteScalar() is string word && word.StartsWith(beginning, StringComparison.Ordinal))
        {
            if (words.Count == MostWords)
                return [];
            words.Add(word);
            from.Value = word + First;
        }

        return words;
    }
}
