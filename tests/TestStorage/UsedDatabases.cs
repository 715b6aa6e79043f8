using System.Collections.Concurrent;
using Npgsql;

namespace Platform.TestStorage;

/// <summary>
/// Databases in the cluster that an earlier test is done with. To empty one takes milliseconds; to make one takes much longer, and there
/// are many tests.
/// </summary>
internal static class UsedDatabases
{
    private static readonly ConcurrentBag<string> Free = [];

    /// <summary>A function in the template, so that every copy has it: what a migrated database holds before its first use stays.</summary>
    private const string Prepare = """
        CREATE SCHEMA test;
        CREATE TABLE test."Rates" AS SELECT * FROM public."Rates";
        CREATE TABLE test."Tables" AS SELECT count(*) AS count FROM pg_tables WHERE schemaname = 'public';
        CREATE FUNCTION test.empty() RETURNS void LANGUAGE plpgsql AS $$
        DECLARE name text;
        BEGIN
            IF (SELECT count(*) FROM pg_tables WHERE schemaname = 'public') <> (SELECT count FROM test."Tables") THEN
                RAISE 'a test has dropped a table';
            END IF;
            -- Neither foreign keys nor the triggers of append-only tables.
            SET LOCAL session_replication_role = replica;
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '__EFMigrationsHistory'
            LOOP EXECUTE format('DELETE FROM public.%I', name); END LOOP;
            FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
            LOOP EXECUTE format('ALTER SEQUENCE public.%I RESTART', name); END LOOP;
            INSERT INTO public."Rates" SELECT * FROM test."Rates";
        END $$;
        """;

    public static Task PrepareAsync(string connectionString) => PostgresCluster.RunAsync(connectionString, Prepare);

    /// <returns>How to connect to a database that is as new.</returns>
    public static async Task<string> TakeAsync(string template)
    {
        var cluster = await PostgresCluster.SharedAsync();
        while (Free.TryTake(out var used))
            try
            {
                await PostgresCluster.RunAsync(used, "SET lock_timeout = '5s'; SELECT test.empty();");
                return used;
            }
            catch (PostgresException)
            {
                // Somebody is still at it, or it is no longer whole.
                await cluster.DropDatabaseAsync(used);
            }

        return await cluster.CreateDatabaseAsync(template);
    }

    public static void Return(string connectionString) => Free.Add(connectionString);
}
