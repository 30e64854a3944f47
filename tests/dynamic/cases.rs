//! What cases are made of: programs and libraries that more than one of them needs.

use crate::support::device::Device;

/// A case: its name, what is in the tree, the program, its variables, and what the loader must say in it.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub make: fn(&Device),
    pub program: &'static str,
    pub variables: &'static [(&'static str, &'static str)],
    pub says: &'static str,
}

pub const fn case(name: &'static str, says: &'static str, make: fn(&Device)) -> Case {
    Case { name, make, program: "/bin/app", variables: &[], says }
}

pub const fn with(variables: &'static [(&'static str, &'static str)], case: Case) -> Case {
    Case { variables, ..case }
}

pub const SHARED: &[&str] = &["-Wl,-soname,liba.so"];

pub const ABC: &str = "int a(void) { return 0; } int b(void) { return 0; } int c(void) { return 0; }";

/// A linker's version script in the tree, as a flag.
pub fn map(device: &Device, text: &str) -> String {
    device.write("/versions.map", format!("{text}\n").as_bytes());
    "-Wl,--version-script=@/versions.map".into()
}

/// A program that was linked to a library with these versions.
pub fn versioned(device: &Device, versions: &str) {
    device.compile("/opt/lib/liba.so", ABC, &["-shared", "-fPIC", SHARED[0], &map(device, versions)]);
    device.program(
        "/bin/app",
        &["a", "b", "c"],
        &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib", "-Wl,-z,lazy"],
    );
}

/// The program needs liba.so, which needs libb.so; both are in /opt/lib, a second libb.so in /opt/elsewhere.
pub fn chain(device: &Device, tags: &str, own: Option<&str>) {
    device.library("/opt/lib/libb.so", &["b"], &["-Wl,-soname,libb.so"]);
    let flags = ["-Wl,-soname,liba.so", "@/opt/lib/libb.so"].into_iter().chain(own).collect::<Vec<_>>();
    device.library("/opt/lib/liba.so", &["a"], &flags);
    device.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib", &format!("-Wl,{tags}")]);
}

/// The library is in the program's own path and in /env.
pub fn both(device: &Device, tags: &str) {
    device.library("/opt/lib/liba.so", &["a"], SHARED);
    device.library("/env/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib", &format!("-Wl,{tags}")]);
}

/// A library that is changed in /opt/1 and good in /opt/2.
pub fn wrong(device: &Device, change: fn(&Device)) {
    device.library("/opt/1/liba.so", &["a"], SHARED);
    device.library("/opt/2/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &["@/opt/2/liba.so", "-Wl,-rpath,/opt/1:/opt/2"]);
    change(device);
}

/// A program whose library has lost the function.
pub fn gone(device: &Device, flags: &[&str]) {
    device.library("/opt/lib/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &[&["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"], flags].concat());
    device.library("/opt/lib/liba.so", &["other"], SHARED);
}

/// A program that was linked to a function without version, which the library now has only under an old one.
pub fn hidden(device: &Device) {
    device.library("/opt/lib/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib", "-Wl,-z,now"]);
    let source = "__attribute__((symver(\"a@A_2\"))) int a_2(void) { return 0; } int b(void) { return 0; }";
    let versions = map(device, "A_1 { global: b; local: *; }; A_2 { };");
    device.compile("/opt/lib/liba.so", source, &["-shared", "-fPIC", SHARED[0], &versions]);
}
