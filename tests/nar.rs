//! Nix's signatures against Nix itself, in a store and a cache of the test's own.

mod support;

use std::path::Path;
use std::process::{Command, Output};

use sarsen::nar::signature::{SecretKey, Signature, fingerprint};
use sarsen::nar::{base32, hash, sri};
use support::{Folder, stderr, stdout};

/// Runs `nix ARGUMENTS` with nothing of this machine's store or configuration.
fn nix(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new("nix");
    command.args(["--extra-experimental-features", "nix-command"]).args(arguments);
    command.env("HOME", folder).env("NIX_CONF_DIR", folder).env("NIX_STATE_DIR", folder.join("state"));
    // Nix wants a name of its user, who may have none on this machine.
    command.env("USER", "tests").current_dir(folder).output().ok()
}

/// What a cache says of a path.
struct NarInfo {
    path: String,
    sha256: [u8; 32],
    size: u64,
    references: Vec<String>,
    signatures: Vec<Signature>,
}

impl NarInfo {
    fn read(text: &str) -> Self {
        let all = |key: &'static str| {
            text.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": "))
        };
        let one = |key| all(key).next().unwrap_or_else(|| panic!("no {key} in {text}"));
        let path = one("StorePath").to_owned();
        let (folder, _) = path.rsplit_once('/').unwrap();
        let digest = one("NarHash").strip_prefix("sha256:").unwrap();
        Self {
            sha256: base32::decode(digest).unwrap().try_into().unwrap(),
            size: one("NarSize").parse().unwrap(),
            references: one("References").split_whitespace().map(|name| format!("{folder}/{name}")).collect(),
            signatures: all("Sig").map(|text| Signature::parse(text).unwrap()).collect(),
            path,
        }
    }

    fn fingerprint(&self) -> String {
        fingerprint(&self.path, &self.sha256, self.size, &self.references).unwrap()
    }
}

#[test]
fn nix_and_we_accept_each_others_signatures() {
    let folder = Folder::new("nar-signatures");
    let work = folder.0.as_path();
    let store = work.join("store").to_str().unwrap().to_owned();
    let cache = format!("file://{}/cache", work.display());
    // A text that refers to two others: it needs no builder and no network.
    let expression = "let a = builtins.toFile \"a\" \"1\"; b = builtins.toFile \"b\" \"2\"; in \
                      builtins.toFile \"c\" \"${b} ${a}\"";
    let Some(made) = nix(work, &["eval", "--store", &store, "--raw", "--expr", expression]) else {
        support::skip("there is no nix");
        return;
    };
    if !made.status.success() {
        support::skip(&format!("nix has no store of its own here: {}", stderr(&made)));
        return;
    }
    let path = stdout(&made);
    let done = |arguments: &[&str]| {
        let output = nix(work, arguments).unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    };
    done(&["copy", "--no-check-sigs", "--from", &store, "--to", &cache, &path]);
    let secret = done(&["key", "generate-secret", "--key-name", "nix-1"]);
    std::fs::write(work.join("secret"), &secret).unwrap();
    done(&["store", "sign", "--store", &cache, "--key-file", "secret", &path]);

    // Nix signs, we verify.
    let (name, _) = path.rsplit_once('/').unwrap().1.split_once('-').unwrap();
    let place = work.join(format!("cache/{name}.narinfo"));
    let text = std::fs::read_to_string(&place).unwrap();
    let info = NarInfo::read(&text);
    assert_eq!(info.references.len(), 2, "{text}");
    let (digest, size) = hash(&Path::new(&store).join(path.trim_start_matches('/'))).unwrap();
    assert_eq!((digest, size), (info.sha256, info.size), "{}", sri(&digest));
    let key = SecretKey::parse(&secret).unwrap();
    let public = key.public();
    assert!(public.verifies(&info.fingerprint(), &info.signatures[0]), "{text}");
    let other = NarInfo { size: info.size + 8, ..NarInfo::read(&text) };
    assert!(!public.verifies(&other.fingerprint(), &info.signatures[0]));

    // We sign, Nix verifies. What is addressed by its content needs no signature, so that line goes, and Nix's own.
    let seed =
        "ours-1:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
    let ours = SecretKey::parse(seed).unwrap();
    let lines = text.split_inclusive('\n').filter(|l| !l.starts_with("CA:") && !l.starts_with("Sig:"));
    let bare: String = lines.collect();
    let good = ours.sign(&info.fingerprint());
    let trusted = ours.public().to_string();
    let mut wrong = good.clone();
    wrong.bytes[3] ^= 1;
    for (signature, accepted) in [(Some(&good), true), (Some(&wrong), false), (None, false)] {
        let line = signature.map_or_else(String::new, |signature| format!("Sig: {signature}\n"));
        std::fs::write(&place, format!("{bare}{line}")).unwrap();
        // There Nix remembers what a cache said.
        let _ = std::fs::remove_dir_all(work.join(".cache"));
        let arguments = ["store", "verify", "--store", &cache, "--sigs-needed", "1", "--trusted-public-keys"];
        let output = nix(work, &[&arguments[..], &[&trusted, &path]].concat()).unwrap();
        assert_eq!(output.status.success(), accepted, "{line}: {}", stderr(&output));
    }
}
