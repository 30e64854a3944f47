//! musl's loader: paths up the chain, the path file, files that are none of its, its own names, symbols.

use crate::cases::{ABC, Case, SHARED, both, case, chain, gone, hidden, map, versioned, with, wrong};
use crate::support::device::Device;

pub const CASES: &[Case] = &[
    case("everything is there", "", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
    }),
    case(
        "a library is missing",
        "Error loading shared library liba.so: No such file or directory (needed by /bin/app)",
        |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/nowhere:/opt/empty"]);
        },
    ),
    case("RUNPATH is for the libraries' needs too", "", |d| {
        chain(d, "--enable-new-dtags", None);
    }),
    case("the paths of both are searched", "", |d| {
        chain(d, "--disable-new-dtags", Some("-Wl,--enable-new-dtags,-rpath,/opt/other"));
    }),
    with(
        &[("LD_LIBRARY_PATH", "/env:/env2:")],
        case("LD_LIBRARY_PATH comes before RUNPATH", "", |d| {
            both(d, "--enable-new-dtags");
        }),
    ),
    with(
        &[("LD_LIBRARY_PATH", "/env")],
        case("and before RPATH", "", |d| {
            both(d, "--disable-new-dtags");
        }),
    ),
    Case {
        program: "/bin/link",
        ..case("$ORIGIN is the folder without links", "", |d| {
            d.library("/opt/app/lib/liba.so", &["a"], SHARED);
            d.program(
                "/opt/app/bin/app",
                &["a"],
                &["@/opt/app/lib/liba.so", "-Wl,-rpath,${ORIGIN}/../lib:$ORIGIN"],
            );
            d.link("../opt/app/bin/app", "/bin/link");
        })
    },
    case("another token takes the path out of effect", "liba.so: No such file", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib:/opt/$LIB"]);
    }),
    case("a path file takes the place of the default folders", "", |d| {
        default_folders(d);
        d.write("/etc/ld-musl-x86_64.path", b"/opt/x\n\n/opt/lib:/opt/y\n");
    }),
    case("so does one without the folder", "liba.so: No such file", |d| {
        d.library("/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/lib/liba.so"]);
        d.write("/etc/ld-musl-x86_64.path", b"/opt/x\n");
    }),
    case("an empty path file leaves nothing", "liba.so: No error information", |d| {
        default_folders(d);
        d.write("/etc/ld-musl-x86_64.path", b"");
    }),
    case("a path file that is a directory", "liba.so: Is a directory", |d| {
        default_folders(d);
        d.write("/etc/ld-musl-x86_64.path/x", b"");
    }),
    case("a path file that is a link to itself", "liba.so: Symbolic link loop", |d| {
        default_folders(d);
        d.link("ld-musl-x86_64.path", "/etc/ld-musl-x86_64.path");
    }),
    case("the default folders", "", |d| {
        d.library("/usr/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/usr/lib/liba.so"]);
    }),
    case("a file for another machine whose relocations are known", "", |d| {
        wrong(d, |d| d.patch("/opt/1/liba.so", 18, 183));
    }),
    case("a file with another class byte", "", |d| {
        wrong(d, |d| d.patch("/opt/1/liba.so", 4, 1));
    }),
    case("a real file of the other class", "liba.so: Exec format error", |d| {
        wrong(d, |d| {
            d.compile_with("gcc", "/opt/1/liba.so", "int a;", &["-m32", "-shared", "-nostdlib", "-fPIC"]);
        });
    }),
    case("a text", "liba.so: Exec format error", |d| wrong(d, |d| d.write("/opt/1/liba.so", &[b'#'; 2000]))),
    case("an empty file", "liba.so: Exec format error", |d| {
        wrong(d, |d| d.write("/opt/1/liba.so", b""));
    }),
    case("an object file", "liba.so: Exec format error", |d| wrong(d, |d| d.patch("/opt/1/liba.so", 16, 1))),
    case("a directory", "liba.so: Is a directory", |d| {
        wrong(d, |d| {
            d.remove("/opt/1/liba.so");
            d.write("/opt/1/liba.so/x", b"");
        });
    }),
    case("a link to itself ends the whole search", "liba.so: Symbolic link loop", |d| {
        wrong(d, |d| {
            d.remove("/opt/1/liba.so");
            d.link("liba.so", "/opt/1/liba.so");
        });
    }),
    case("a path through a file", "", |d| {
        wrong(d, |d| {
            d.remove("/opt/1/liba.so");
            std::fs::remove_dir(d.path("/opt/1")).unwrap();
            d.write("/opt/1", b"");
        });
    }),
    case("a name with a slash that is gone", "/opt/lib/liba.so: No such file or directory", |d| {
        d.library("/opt/lib/liba.so", &["a"], &["-Wl,-soname,/opt/lib/liba.so"]);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
        d.remove("/opt/lib/liba.so");
    }),
    case("libraries that are musl itself", "", |d| {
        let names = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"];
        let stubs = names.map(|name| format!("/stub/{name}"));
        for (name, stub) in names.iter().zip(&stubs) {
            d.library(stub, &[], &[&format!("-Wl,-soname,{name}"), "-nostdlib"]);
        }
        let flags = stubs.map(|stub| format!("@{stub}"));
        d.program("/bin/app", &[], &flags.each_ref().map(String::as_str));
    }),
    case("another C library is not loaded", "Error relocating /bin/app: a: symbol not found", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
        d.compile(
            "/opt/lib/liba.so",
            "int a(void) { return 1; } int stdin; int __libc_start_main(void) { return 1; }",
            &["-shared", "-fPIC", SHARED[0], "-nostdlib"],
        );
    }),
    case("one file under two names", "", |d| {
        d.library("/opt/lib/libreal.so", &["a"], &[]);
        d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
        d.library("/opt/stub/liby.so", &["a"], &["-Wl,-soname,liby.so"]);
        d.program("/bin/app", &["a"], &["@/opt/stub/libx.so", "@/opt/stub/liby.so", "-Wl,-rpath,/opt/lib"]);
        d.link("libreal.so", "/opt/lib/libx.so");
        d.link("libreal.so", "/opt/lib/liby.so");
    }),
    case("a soname does not serve for the name", "libx.so: No such file or directory", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
        d.library("/opt/stub/liby.so", &["a"], &["-Wl,-soname,liby.so"]);
        d.program("/bin/app", &["a"], &["@/opt/stub/liby.so", "@/opt/stub/libx.so", "-Wl,-rpath,/opt/lib"]);
        d.library("/opt/lib/liby.so", &["a"], &["-Wl,-soname,libx.so"]);
    }),
    case(
        "every missing library and symbol is named",
        "Error relocating /bin/app: b: symbol not found",
        |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.library("/opt/lib/libb.so", &["b"], &["-Wl,-soname,libb.so"]);
            d.library("/opt/lib/libc1.so", &["c"], &["-Wl,-soname,libc1.so"]);
            d.program(
                "/bin/app",
                &["a", "b", "c"],
                &["@/opt/lib/liba.so", "@/opt/lib/libb.so", "@/opt/lib/libc1.so"],
            );
            d.write("/etc/ld-musl-x86_64.path", b"/opt/lib");
            d.remove("/opt/lib/libb.so");
            d.remove("/opt/lib/libc1.so");
        },
    ),
    case("functions are bound at start", "Error relocating /bin/app: a: symbol not found", |d| {
        gone(d, &["-Wl,-z,lazy"]);
    }),
    case(
        "a variable that is asked for often",
        "Error relocating /opt/lib/libb.so: v: symbol not found\nError relocating /opt/lib/libb.so: v",
        |d| {
            d.compile("/opt/lib/liba.so", "int v;", &["-shared", "-fPIC", SHARED[0]]);
            d.compile(
                "/opt/lib/libb.so",
                "extern int v; int *p = &v, *q = &v; int b(void) { return v; }",
                &["-shared", "-fPIC", "-Wl,-soname,libb.so", "@/opt/lib/liba.so"],
            );
            d.program("/bin/app", &["b"], &["@/opt/lib/libb.so", "-Wl,-rpath,/opt/lib"]);
            d.compile("/opt/lib/liba.so", "int w;", &["-shared", "-fPIC", SHARED[0]]);
        },
    ),
    case("weak symbols may be absent", "", |d| {
        let source = "int __attribute__((weak)) w(void); int main(void) { return w ? 1 : 0; }";
        d.compile("/bin/app", source, &["-Wl,-z,nodynamic-undefined-weak"]);
    }),
    case("versions are not looked at", "", |d| {
        versioned(d, "A_1 { global: a; }; A_2 { global: b; }; A_3 { global: c; };");
        d.compile(
            "/opt/lib/liba.so",
            ABC,
            &["-shared", "-fPIC", SHARED[0], &map(d, "A_1 { global: a; b; c; };")],
        );
    }),
    with(
        &[("LD_PRELOAD", "libp.so /opt/lib/liba.so")],
        case("LD_PRELOAD", "", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
        }),
    ),
    case("a version that is not the default", "Error relocating /bin/app: a: symbol not found", hidden),
    Case {
        program: "/bin/link",
        ..case("messages call the program as it was started", "(needed by /bin/link)", |d| {
            gone(d, &[]);
            d.remove("/opt/lib/liba.so");
            d.link("app", "/bin/link");
        })
    },
];

/// The library is in a default folder and in /opt/lib.
fn default_folders(device: &Device) {
    device.library("/lib/liba.so", &["a"], SHARED);
    device.library("/opt/lib/liba.so", &["a"], SHARED);
    device.program("/bin/app", &["a"], &["@/lib/liba.so"]);
}
