# Shared by ./quickstart and ./check; sourced. Says what it installs before it does.
# shellcheck shell=bash

BUILD_PACKAGES=(g++ cmake ninja-build pkg-config libfmt-dev nlohmann-json3-dev libssl-dev libspdlog-dev libexpected-dev
    libarchive-dev zlib1g-dev libisal-dev libzstd-dev libcurl4-openssl-dev libprotobuf-dev protobuf-compiler
    libsqlite3-dev libcli11-dev libseccomp-dev libyaml-dev libtomlplusplus-dev)
RUN_PACKAGES=(crun git mmdebstrap ca-certificates)
# Other people's software judges ours.
TEST_PACKAGES=(libgtest-dev libgmock-dev runc skopeo umoci podman docker-registry apache2-utils jq python3 busybox-static
    procps util-linux xz-utils bzip2 zstd openssh-client)

say() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo --preserve-env=SLIPWAY_ROOT,http_proxy,https_proxy,no_proxy "$@"; fi
}

require_apt() {
    if ! command -v apt-get >/dev/null; then
        echo "error: this script installs packages with apt-get, which is not here (Debian 12 or 13, Ubuntu 24.04)" >&2
        exit 5
    fi
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "error: installing packages and building images need root: run this as root, or install sudo" >&2
        exit 5
    fi
}

# The keyring with which this distribution's archive is verified.
keyring_package() {
    # shellcheck disable=SC1091
    case $(. /etc/os-release && echo "$ID") in
        ubuntu) echo ubuntu-keyring ;;
        *) echo debian-archive-keyring ;;
    esac
}

# install_packages NAME...: those that are missing.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    echo "installing with apt-get: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# "debian:bookworm": this machine's own distribution, as an image name.
own_distribution() {
    # shellcheck disable=SC1091
    (. /etc/os-release && echo "$ID:$VERSION_CODENAME")
}

# Fills `secrets` with the flags that hand this machine's pip settings, certificates and credentials to the steps that ask
# for them. What the environment says of the index goes into a pip.conf of its own, in the folder $1.
pip_secrets() {
    local folder=$1 file name key
    secrets=()
    for file in "${PIP_CONFIG_FILE:-}" ~/.config/pip/pip.conf ~/.pip/pip.conf /etc/pip.conf; do
        if [ -f "$file" ]; then
            cp "$file" "$folder/pip.conf"
            break
        fi
    done
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_PROXY; do
        [ -n "${!name:-}" ] || continue
        key=${name#PIP_}
        [ -f "$folder/pip-env.conf" ] || echo '[global]' >"$folder/pip-env.conf"
        printf '%s = %s\n' "$(tr '[:upper:]_' '[:lower:]-' <<<"$key")" "${!name}" >>"$folder/pip-env.conf"
    done
    if [ -f "$folder/pip-env.conf" ]; then mv "$folder/pip-env.conf" "$folder/pip.conf"; fi
    [ ! -f "$folder/pip.conf" ] || secrets+=(--secret "id=pip-conf,src=$folder/pip.conf")
    [ ! -f /etc/ssl/certs/ca-certificates.crt ] || secrets+=(--secret id=ca-bundle,src=/etc/ssl/certs/ca-certificates.crt)
    [ ! -f ~/.netrc ] || secrets+=(--secret "id=netrc,src=$HOME/.netrc")
}
