using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Platform.Portal.Tests.Access;

/// <summary>
/// A small OpenID Connect provider on a port of its own: discovery, keys, authorization code with PKCE, user information. Whoever comes is
/// signed in as <see cref="Email"/> at once, and everything that the standard lets a provider check is checked.
/// </summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "portal";
    public const string ClientSecret = "a secret of the portal";

    private readonly ConcurrentDictionary<string, Grant> grants = new(StringComparer.Ordinal);
    private readonly RSA rsa = RSA.Create(2048);
    private readonly WebApplication app;

    private IdentityProvider()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.MapGet("/.well-known/openid-configuration", Discovery);
        app.MapGet("/keys", Keys);
        app.MapGet("/authorize", Authorize);
        app.MapPost("/token", TokenAsync);
        app.MapGet("/userinfo", UserInformation);
    }

    public string Email { get; set; } = "mia@example.com";

    public bool IsVerified { get; set; } = true;

    /// <summary>Signs with a key that is not published.</summary>
    public bool Forges { get; set; }

    public string Authority => app.Urls.Single();

    /// <summary>The proof key that belongs to the last code was there and right.</summary>
    public bool SawProofKey { get; private set; }

    public static async Task<IdentityProvider> StartAsync()
    {
        var provider = new IdentityProvider();
        await provider.app.StartAsync(TestContext.Current.CancellationToken);
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        rsa.Dispose();
    }

    private IResult Discovery() => Results.Json(new Dictionary<string, object>
    {
        ["issuer"] = Authority,
        ["authorization_endpoint"] = Authority + "/authorize",
        ["token_endpoint"] = Authority + "/token",
        ["userinfo_endpoint"] = Authority + "/userinfo",
        ["jwks_uri"] = Authority + "/keys",
        ["response_types_supported"] = new[] { "code" },
        ["subject_types_supported"] = new[] { "public" },
        ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
        ["code_challenge_methods_supported"] = new[] { "S256" },
    });

    private IResult Keys()
    {
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = "one", n = Base64UrlEncoder.Encode(parameters.Modulus), e = Base64UrlEncoder.Encode(parameters.Exponent) } } });
    }

    private IResult Authorize(HttpRequest request)
    {
        string Asked(string name) => request.Query[name].ToString();
        if (Asked("client_id") != ClientId || Asked("response_type") != "code" || Asked("code_challenge_method") != "S256" || Asked("code_challenge").Length < 43 || !Asked("scope").Contains("email", StringComparison.Ordinal))
            return Results.BadRequest();
        var code = RandomNumberGenerator.GetHexString(32);
        grants[code] = new Grant(Asked("redirect_uri"), Asked("code_challenge"), Asked("nonce"));
        return Results.Redirect($"{Asked("redirect_uri")}?code={code}&state={Uri.EscapeDataString(Asked("state"))}");
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (!grants.TryRemove(form["code"].ToString(), out var grant) || form["client_id"] != ClientId || form["client_secret"] != ClientSecret || form["redirect_uri"] != grant.RedirectUri)
            return Results.BadRequest(new { error = "invalid_grant" });
        SawProofKey = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) == grant.Challenge;
        if (!SawProofKey)
            return Results.BadRequest(new { error = "invalid_grant" });

        using var stranger = RSA.Create(2048);
        var key = new RsaSecurityKey(Forges ? stranger.ExportParameters(true) : rsa.ExportParameters(true)) { KeyId = "one" };
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Authority,
            Audience = ClientId,
            Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5),
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.RsaSha256),
            Claims = new Dictionary<string, object> { ["sub"] = "subject-1", ["nonce"] = grant.Nonce },
        });
        return Results.Json(new Dictionary<string, object> { ["access_token"] = "access", ["token_type"] = "Bearer", ["expires_in"] = 300.ToString(CultureInfo.InvariantCulture), ["id_token"] = token });
    }

    private IResult UserInformation(HttpRequest request) => request.Headers.Authorization == "Bearer access"
        ? Results.Json(new Dictionary<string, object> { ["sub"] = "subject-1", ["email"] = Email, ["email_verified"] = IsVerified })
        : Results.Unauthorized();

    private sealed record Grant(string RedirectUri, string Challenge, string Nonce);
}
