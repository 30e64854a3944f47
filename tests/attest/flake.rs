//! A flake in a folder of its own, with a Nix store of its own.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use sarsen::envelope::Envelope;
use sarsen::nar;
use sarsen::nar::signature;

use super::*;

/// A flake whose packages are made by /bin/sh alone.
pub struct Flake {
    folder: support::Folder,
    pub key: SecretKey,
}

impl Flake {
    /// Nothing, after saying so, where there is no Nix. `packages` is what stands between the braces.
    pub fn new(name: &str, packages: &str) -> Option<Self> {
        // Where the root directory is another's, as in Nix's sandbox for builder accounts, nothing is built for comparison.
        let owner = |path| fs::metadata(path).unwrap().uid();
        if ![0, owner("/proc/self")].contains(&owner("/")) {
            support::limited("the root directory belongs to no one that is known here");
            return None;
        }
        let folder = support::Folder::new(&format!("attest-{name}"));
        let key = SecretKey::generate(Algorithm::Ed25519, None).unwrap();
        let flake = Self { folder, key };
        fs::create_dir(flake.path("flake")).unwrap();
        fs::create_dir(flake.path("tmp")).unwrap();
        flake.folder.private("key.pem", key_of(&flake).as_bytes());
        flake.write(packages);
        let works = flake.nix(&["eval", "--raw", &flake.installable("out.name")]);
        match works {
            Ok(output) if output.status.success() => Some(flake),
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => {
                support::skip("there is no nix");
                None
            }
        }
    }

    pub fn write(&self, packages: &str) {
        let system = format!("{}-linux", std::env::consts::ARCH);
        let text = format!(
            "{{ outputs = _: {{ packages.{system} = let\n  shell = name: script: extra: derivation ({{ inherit name; system = \
             \"{system}\"; builder = \"/bin/sh\"; args = [ \"-c\" script ]; }} // extra);\nin rec {{ trivial = shell \"trivial\" \"echo 1 > $out\" {{ }}; {packages} }}; }}; }}"
        );
        fs::write(self.path("flake/flake.nix"), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    pub fn installable(&self, attribute: &str) -> String {
        format!("path:{}#{attribute}", self.path("flake").display())
    }

    /// A command that finds the flake's own store, and none of this machine's settings.
    pub fn command(&self, program: &str) -> Command {
        let more = fs::read_to_string(self.path("more.conf")).unwrap_or_default();
        let settings =
            format!("sandbox = false\ncores = 3\nsandbox-paths = /bin? /lib? /lib64? /usr?\n{more}");
        let mut command = support::nix::command(&self.folder.0, program, &settings);
        command.env("TMPDIR", self.path("tmp")).env_remove("SOURCE_DATE_EPOCH");
        command
    }

    pub fn nix(&self, arguments: &[&str]) -> std::io::Result<Output> {
        self.command("nix").args(arguments).output()
    }

    pub fn sarsen(&self, attribute: &str, more: &[&str]) -> Output {
        self.attest(&self.installable(attribute), more, &[])
    }

    /// The same with variables of the environment.
    pub fn sarsen_with(&self, attribute: &str, more: &[&str], variables: &[(&str, &str)]) -> Output {
        self.attest(&self.installable(attribute), more, variables)
    }

    /// `sarsen attest` of any installable.
    pub fn attest(&self, installable: &str, more: &[&str], variables: &[(&str, &str)]) -> Output {
        let (key, bundle) = (self.path("key.pem"), self.path("bundle.jsonl"));
        self.command(env!("CARGO_BIN_EXE_sarsen"))
            .envs(variables.iter().copied())
            .args(["attest", installable, "--builder", "urn:test", "--organisation", "tests"])
            .arg("--key")
            .arg(key)
            .arg("-o")
            .arg(bundle)
            .args(more)
            .output()
            .unwrap()
    }

    /// Whether builds work here in a store of another folder, which takes namespaces; says so where they do not.
    pub fn can_rebuild(&self) -> bool {
        let drv = self.answer("nix", &["eval", "--raw", &self.installable("trivial.drvPath")]);
        let store = self.path("trivial");
        let store = store.to_str().unwrap();
        self.answer("nix", &["copy", "--derivation", "--no-check-sigs", "--to", store, &drv]);
        let output = self.command("nix-store").args(["--store", store, "--realise", &drv]).output().unwrap();
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            support::skip(&format!("nothing can be built in a store of its own here: {why}"));
        }
        output.status.success()
    }

    /// Makes the machine one that has built nothing and knows of nothing.
    pub fn forget(&self) {
        // Not every Nix writes to all of them.
        for place in ["store", "state", "cache"].map(|place| self.path(place)).iter().filter(|p| p.exists()) {
            let place = place.to_str().unwrap();
            self.answer("chmod", &["-R", "u+w", place]);
            self.answer("rm", &["-r", place]);
        }
    }

    pub fn answer(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What was stated last about the rebuild, its signature verified, and the exit code.
    pub fn state(&self, attribute: &str, more: &[&str]) -> (Option<i32>, Statement<Rebuild>) {
        let output = self.sarsen(attribute, more);
        let said = String::from_utf8_lossy(&output.stderr);
        let statements = self.statements();
        let last = statements.into_iter().next_back().unwrap_or_else(|| panic!("{said}"));
        (output.status.code(), last)
    }

    pub fn statements(&self) -> Vec<Statement<Rebuild>> {
        let text = fs::read_to_string(self.path("bundle.jsonl")).unwrap_or_default();
        let envelopes = text.lines().map(|line| Envelope::parse(line.as_bytes(), "it").unwrap());
        envelopes
            .filter_map(|envelope| {
                assert!(envelope.verifies(self.key.public()));
                Statement::<Rebuild>::parse(&envelope.payload, "it").ok()
            })
            .collect()
    }
}

fn key_of(flake: &Flake) -> String {
    let pem = flake.key.pem().to_string();
    assert_eq!(
        &PublicKey::parse(flake.key.public().pem().as_bytes(), "it", None).unwrap(),
        flake.key.public()
    );
    pem
}

/// Stores of rebuilds that are still there.
pub fn left(flake: &Flake) -> Vec<PathBuf> {
    let entries = fs::read_dir(flake.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("sarsen-rebuild-"))
        .collect()
}

impl Flake {
    /// What an attribute of the flake evaluates to, such as `out.drvPath`.
    pub fn eval(&self, attribute: &str) -> String {
        self.answer("nix", &["eval", "--raw", &self.installable(attribute)])
    }

    /// An error by this code, with this exit code, and nothing stated.
    pub fn refuses(&self, output: &Output, exit: i32, code: &str) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(exit) && said.contains(&format!("error[{code}]")), "{said}");
        assert!(!self.path("bundle.jsonl").exists(), "something was stated");
    }

    /// Sets this machine up for a cache that has `bytes` as the file at `path`, signed by a key that Nix believes. Its
    /// signature is called `name`. Returns the key.
    pub fn forges(&self, path: &str, bytes: &[u8], name: &str) -> String {
        let file = self.path("forged");
        fs::write(&file, bytes).unwrap();
        self.forges_as(path, &file, name)
    }

    /// The same with what is at `file`.
    pub fn forges_as(&self, path: &str, file: &Path, name: &str) -> String {
        let cache = self.path("forged-cache");
        fs::create_dir_all(&cache).unwrap();
        let (hash, size) = nar::hash(file).unwrap();
        let base = Path::new(path).file_name().unwrap().to_str().unwrap();
        let archive = format!("{}.nar", &base[..32]);
        let dump = self.command("nix-store").arg("--dump").arg(file).output().unwrap();
        fs::write(cache.join(&archive), dump.stdout).unwrap();
        let secret = self.path("cache.key");
        if !secret.exists() {
            let text = self.answer("nix", &["key", "generate-secret", "--key-name", "cache.example-1"]);
            fs::write(&secret, text).unwrap();
        }
        let secret = signature::SecretKey::parse(&fs::read_to_string(&secret).unwrap()).unwrap();
        let none: [&str; 0] = [];
        let text = signature::fingerprint(path, &hash, size, &none).unwrap();
        let signed = signature::Signature { name: name.to_owned(), ..secret.sign(&text) };
        let hash = sarsen::digest::hex(&hash);
        let info = format!(
            "StorePath: {path}\nURL: {archive}\nCompression: none\nNarHash: sha256:{hash}\nNarSize: {size}\nReferences: \nSig: \
             {signed}\n"
        );
        fs::write(cache.join(format!("{}.narinfo", &base[..32])), info).unwrap();
        let store = self.path("store");
        fs::write(cache.join("nix-cache-info"), format!("StoreDir: {}\n", store.display())).unwrap();
        let key = secret.public().to_string();
        let settings = format!("substituters = file://{}\ntrusted-public-keys = {key}\n", cache.display());
        fs::write(self.path("more.conf"), settings).unwrap();
        key
    }

    /// The same where there is git, in a folder that can be made a checkout.
    pub fn with_git(name: &str, packages: &str) -> Option<Self> {
        let flake = Self::new(name, packages)?;
        if Command::new("git").arg("--version").output().is_err() {
            support::skip("there is no git");
            return None;
        }
        Some(flake)
    }

    /// Makes the flake's folder a git checkout with everything committed, and returns its reference.
    pub fn commits(&self, attribute: &str) -> String {
        let folder = self.path("flake");
        if !folder.join(".git").exists() {
            self.git(&["init", "-q", "-b", "main"]);
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        format!("git+file://{}#{attribute}", folder.display())
    }

    /// What git answers in the flake's folder.
    pub fn git(&self, arguments: &[&str]) -> String {
        let folder = self.path("flake");
        let folder = folder.to_str().unwrap();
        let who = ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "gc.auto=0"];
        self.answer("git", &[&who, arguments].concat())
    }
}
