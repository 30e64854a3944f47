//! Keys held elsewhere: by OpenSSL, and in a TPM 2.0 that is emulated by swtpm, through the scripts in examples/signers.

use super::*;

use std::process::Child;
use std::thread;
use std::time::Duration;

use sarsen::key::{Algorithm, PublicKey};

/// An example as a signer. bash starts it, since there is no /usr/bin/env where Nix builds.
fn script(name: &str) -> String {
    format!("bash --signer-argument {}/examples/signers/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn openssl_holds_the_key() {
    if !has("openssl", &["genpkey", "-algorithm", "SM2"])
        || !has("jq", &["--version"])
        || !has("bash", &["--version"])
    {
        return;
    }
    let folder = Folder::new("signatures-signer-openssl");
    folder.file("f", b"bytes that are signed");
    let signer = script("openssl");
    for (algorithm, identity, modes) in
        [("ed25519", "", vec!["message"]), ("sm2", "--identity a", vec!["message", "e"])]
    {
        ok(&folder, &format!("key generate --algorithm {algorithm} {identity} -o {algorithm}"));
        ok(&folder, &format!("key public {algorithm} -o {algorithm}.pub"));
        for mode in modes {
            let sign =
                format!("sign --signer {signer} --signer-key {algorithm} --signer-mode {mode} --public");
            ok(&folder, &format!("{sign} {algorithm}.pub f -o sig"));
            ok(&folder, &format!("verify --key {algorithm}.pub --signature sig f"));
            // Another key than the one that it holds, or no key.
            ok(&folder, &format!("key generate --algorithm {algorithm} {identity} -o {algorithm}-{mode}"));
            std::fs::remove_file(folder.0.join("sig")).unwrap();
            refused(&folder, &format!("{sign} {algorithm}-{mode} f -o sig"), 2, &["[key-kind]"]);
            ok(&folder, &format!("key public {algorithm}-{mode} -o other.pub"));
            refused(
                &folder,
                &format!("{sign} other.pub f -o sig"),
                7,
                &["[signer-answer]", "does it hold this key"],
            );
            let absent = sign.replace(&format!("--signer-key {algorithm}"), "--signer-key absent");
            refused(
                &folder,
                &format!("{absent} {algorithm}.pub f -o sig"),
                7,
                &["[signer-failed]", "exit status"],
            );
            assert!(!exists(&folder, "sig"), "nothing is written unless it was verified");
        }
    }
    // A signer and a key file sign one envelope.
    let sign = format!("sign --key ed25519 --signer {signer} --signer-key sm2 --public sm2.pub --envelope");
    ok(&folder, &format!("{sign} --payload-type text/plain f -o envelope"));
    ok(&folder, "verify --envelope envelope --key ed25519.pub --key sm2.pub");
    refused(
        &folder,
        "sign --signer /nonexistent --public sm2.pub f",
        7,
        &["[signer-failed]", "cannot be started"],
    );
    let slow = "sign --signer sleep --signer-argument 60 --signer-timeout 1 --public sm2.pub f";
    refused(&folder, slow, 7, &["[signer-failed]", "was not done after 1 s"]);
}

/// A TPM that ends with the test.
struct Tpm(Child);

impl Drop for Tpm {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_tpm_holds_the_key() {
    if !has("swtpm", &["--version"]) || !has("tpm2_sign", &["--version"]) || !has("jq", &["--version"]) {
        return;
    }
    let folder = Folder::new("signatures-signer-tpm");
    folder.file("f", b"bytes that are signed");
    let state = folder.0.display();
    let arguments = format!(
        "socket --tpm2 --tpmstate dir={state} --server type=unixio,path={state}/tpm \
         --ctrl type=unixio,path={state}/tpm.ctrl --flags not-need-init,startup-clear"
    );
    let tpm = Command::new("swtpm").args(arguments.split_whitespace()).spawn().unwrap();
    let _tpm = Tpm(tpm);
    while !exists(&folder, "tpm.ctrl") || !exists(&folder, "tpm") {
        thread::sleep(Duration::from_millis(10));
    }
    let make = "set -e
        quietly() { \"$@\" > log 2>&1 || { cat log >&2; exit 1; }; tpm2_flushcontext --transient-object > log 2>&1; }
        quietly tpm2_createprimary -C o -G ecc -c primary
        quietly tpm2_create -C primary -G ecc_sm2_p256:sm2-sha256 -u public -r private \
          -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
        quietly tpm2_load -C primary -u public -r private -c key
        quietly tpm2_evictcontrol -C o -c key 0x81000001
        tpm2_readpublic -c 0x81000001 > point";
    let tcti = format!("swtpm:path={state}/tpm");
    let tool = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&folder.0)
            .env("TPM2TOOLS_TCTI", &tcti)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    };
    tool("bash", &["-c", make]);
    // tpm2-tools know no PEM for this curve, but print the point.
    let said = String::from_utf8(bytes(&folder, "point")).unwrap();
    let digits: String =
        said.lines().filter_map(|line| line.strip_prefix("x: ").or(line.strip_prefix("y: "))).collect();
    let point = sarsen::digest::unhex(&format!("04{digits}")).unwrap();
    let key = PublicKey::from_bytes(Algorithm::Sm2, &point, Some(IDENTITY)).unwrap();
    folder.file("tpm.pub", key.pem().as_bytes());
    let signer = script("tpm2");
    let sign = format!("sign --signer {signer} --signer-key 0x81000001 --signer-mode e --public tpm.pub f");
    tool(env!("CARGO_BIN_EXE_sarsen"), &sign.split_whitespace().collect::<Vec<_>>());
    ok(&folder, "verify --key tpm.pub --signature f.sm2.sig f");
    if has("openssl", &["genpkey", "-algorithm", "SM2"]) {
        let verify =
            "pkeyutl -verify -rawin -digest sm3 -pubin -inkey tpm.pub -in f -sigfile f.sm2.sig -pkeyopt";
        let distid = format!("distid:{IDENTITY}");
        done(&folder, "openssl", &verify.split_whitespace().chain([distid.as_str()]).collect::<Vec<_>>());
    }
}
