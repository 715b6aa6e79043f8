using System.Data.Common;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace Platform.Api.Problems;

/// <summary>Bugs and broken infrastructure: the log gets the exception, the client a code and the trace id to report.</summary>
internal sealed partial class ApiExceptionHandler(ILogger<ApiExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var error = exception switch
        {
            BadHttpRequestException bad => ApiErrors.ForStatus(bad.StatusCode, httpContext.Request),
            DbException or DbUpdateException => ApiErrors.Storage(),
            _ => ApiErrors.Internal(),
        };
        if (error.Status >= 500)
            LogFailed(exception, httpContext.Request.Method, httpContext.Request.Path, error.Code);
        await new Problem(error).ExecuteAsync(httpContext);
        return true;
    }
}
