//! The whole way: kernel, C library's loader, program. What the loader does is proved in tests/dynamic; here the command
//! must bring both parts together.

use super::support::device::{Device, Libc, can_start};
use super::support::{sarsen, stderr};

#[test]
fn the_loader_has_the_last_word() {
    for libc in [Libc::Glibc, Libc::Musl] {
        if !can_start(libc) {
            continue;
        }
        let device = Device::new(&format!("explain-{libc:?}"), libc);
        let shared = &["-Wl,-soname,liba.so"];
        let linked = &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"];
        device.library("/opt/lib/liba.so", &["a"], shared);
        device.program("/bin/good", &["a"], linked);
        device.program("/bin/lost", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/nowhere"]);
        device.library("/opt/lib/liba.so", &["a", "b"], shared);
        device.program("/bin/symbol", &["a", "b"], &[linked[0], linked[1], "-Wl,-z,now"]);
        device.library("/opt/lib/liba.so", &["a"], shared);
        let profile = device.path("/profile.toml");
        std::fs::write(
            &profile,
            "name = \"here\"\n[elf]\nmachine = \"x86_64\"\n[kernel]\nversion = \"6.1\"\npage-sizes = [4096]\n",
        )
        .unwrap();
        for (program, status) in [("/bin/good", 0), ("/bin/lost", 127), ("/bin/symbol", 127)] {
            let real = device.start(program, &[]);
            assert_eq!(real.status, Some(status), "{program}");
            let root = device.root().to_str().unwrap();
            let arguments = ["explain", program, "--rootfs", root, "--profile", profile.to_str().unwrap()];
            let output = sarsen(&[&arguments[..], &["--format", "json"]].concat());
            assert_eq!(output.status.code(), Some(i32::from(status != 0)), "{}", stderr(&output));
            let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let end = &document["attempts"][0]["end"];
            let expected = match status {
                0 => serde_json::json!({ "kind": "starts" }),
                _ => serde_json::json!({ "kind": "exit", "status": status, "says": real.stderr }),
            };
            assert_eq!(*end, expected, "{program}");
        }
    }
}
