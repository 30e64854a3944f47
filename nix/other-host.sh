# Shell code that is evaluated in a build's folder before it compiles: cargo takes this host for one of the other
# architecture. It learns the host from rustc, and names by it what is compiled for the host and all that depends on it.
case $(uname -m) in aarch64) host=x86_64-unknown-linux-gnu ;; *) host=aarch64-unknown-linux-gnu ;; esac
RUSTC=$PWD.rustc
cat > "$RUSTC" <<R
#!/bin/sh
[ "\$*" = -vV ] || exec $(command -v rustc) "\$@"
$(command -v rustc) -vV | sed 's/^host: .*/host: $host/'
R
chmod +x "$RUSTC"
export RUSTC
