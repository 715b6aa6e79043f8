# Shared by ./run, ./platform and ./test: the SDK check, and one build of the product for all of them.
configuration=Release
cli=src/Cli/bin/$configuration/net10.0/platform.dll
stamp=build/obj/built
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

require_sdk() {
    local found
    if ! command -v dotnet >/dev/null 2>&1; then
        echo "error: the command 'dotnet' is missing. Install the .NET 10 SDK: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
        exit 1
    fi
    # global.json names the version: without a fitting SDK this fails.
    if ! found=$(dotnet --version 2>/dev/null); then
        echo "error: the .NET 10 SDK is missing; installed are:" >&2
        (cd / && dotnet --list-sdks) >&2 || true
        echo "Install the .NET 10 SDK: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
        exit 1
    fi
}

# $1: cpu or cuda. Restores what the lock files say and builds the three hosts and the terminal program.
build_product() {
    local log=build/obj/build.log restore=()
    mkdir -p build/obj
    # The lock files hold the CPU packages.
    if [ "$1" = cpu ]; then restore=(-p:RestoreLockedMode=true); fi
    echo "Building (the first time this restores about 1 GB of packages) ..."
    if ! dotnet build build/Product.slnf -c "$configuration" -p:Torch="$1" ${restore[@]+"${restore[@]}"} -nodeReuse:false >"$log" 2>&1; then
        grep -E 'error|warning' "$log" | sort -u | head -40 >&2 || true
        echo "error: the build failed; the whole output is in $log" >&2
        exit 1
    fi
    echo "$1" >"$stamp"
}

# Whether a source is newer than the last build.
is_stale() {
    [ ! -f "$cli" ] || [ ! -f "$stamp" ] ||
        [ -n "$(find src migrations build Directory.Build.props Directory.Build.targets Directory.Packages.props global.json \
            \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit)" ]
}
