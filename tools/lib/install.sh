# Installs what the tools need where it is missing: Debian packages, and Python packages in a folder of the
# checkout. Sourced by the tools; they run from the checkout's top.

missing_packages() {
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
    done
}

# apt_install PACKAGE…
apt_install() {
    local missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    echo "installing" $missing >&2
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    # The lists are fetched only where the first try fails: they may be new enough, or not there at all.
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
        "${as_root[@]}" apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends $missing >/dev/null
    }
}

install_build_dependencies() {
    command -v swift >/dev/null || { echo "no swift: install the Swift 6.3 toolchain first, see swift.org/install" >&2; exit 1; }
    apt_install libcurl4-openssl-dev libssl-dev libsodium-dev libsqlite3-dev pkg-config
}

# release_programs PRODUCT…  builds programs as they are installed, and puts their folder, bin, in front of PATH: with the
# Swift runtime inside, all addresses bound before they begin, and no library looked for beside them
release_programs() {
    local product
    for product in "$@"; do
        swift build -c release --static-swift-stdlib --disable-local-rpath -Xlinker -z -Xlinker now \
            --product "$product" >&2
    done
    bin=$(swift build -c release --show-bin-path)
    PATH=$bin:$PATH
    export PATH
}

# python_packages PACKAGE…  makes .tools/python and puts it in front of PATH
python_packages() {
    apt_install python3 python3-venv
    [ -x .tools/python/bin/python3 ] || python3 -m venv .tools/python
    .tools/python/bin/python3 -m pip install -q --disable-pip-version-check "$@"
    PATH=$PWD/.tools/python/bin:$PATH
    export PATH
}
