//! glibc's loader: RPATH, RUNPATH, LD_LIBRARY_PATH, the cache, files that are none of its, versions, binding.

use crate::cases::{ABC, Case, SHARED, both, case, chain, gone, hidden, map, versioned, with, wrong};

pub const CASES: &[Case] = &[
    case("everything is there", "", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
    }),
    case("a library is missing", "liba.so: cannot open shared object file: No such file", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/nowhere:/opt/empty"]);
        d.write("/opt/empty/x", b"");
    }),
    case("RUNPATH is not for the libraries' needs", "libb.so: cannot open", |d| {
        chain(d, "--enable-new-dtags", None);
    }),
    case("RPATH is", "", |d| {
        chain(d, "--disable-new-dtags", None);
    }),
    case("a RUNPATH of the library takes the program's RPATH out of effect", "libb.so: cannot open", |d| {
        chain(d, "--disable-new-dtags", Some("-Wl,--enable-new-dtags,-rpath,/opt/other"));
    }),
    case("an RPATH of the library comes before the program's", "", |d| {
        chain(d, "--disable-new-dtags", Some("-Wl,--disable-new-dtags,-rpath,/opt/other"));
    }),
    with(
        &[("LD_LIBRARY_PATH", "/env;/env2:")],
        case("LD_LIBRARY_PATH comes before RUNPATH", "", |d| {
            both(d, "--enable-new-dtags");
        }),
    ),
    with(
        &[("LD_LIBRARY_PATH", "/env")],
        case("RPATH comes before LD_LIBRARY_PATH", "", |d| {
            both(d, "--disable-new-dtags");
        }),
    ),
    Case {
        program: "/bin/link",
        ..case("$ORIGIN is the folder without links", "", |d| {
            d.library("/opt/app/lib/liba.so", &["a"], SHARED);
            let rpath = "-Wl,-rpath,${ORIGIN}/../lib:$ORIGIN/$PLATFORM:/opt/$LIB:$OTHER/x";
            d.program("/opt/app/bin/app", &["a"], &["@/opt/app/lib/liba.so", rpath]);
            d.link("../opt/app/bin/app", "/bin/link");
        })
    },
    case("$LIB and $PLATFORM", "liba.so: cannot open", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.program(
            "/bin/app",
            &["a"],
            &["@/opt/lib/liba.so", "-Wl,-rpath,/x/$LIB:/y/$PLATFORM/z:/z/$ORIGINAL"],
        );
    }),
    case("the cache", "", |d| {
        d.library("/opt/cached/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/cached/liba.so"]);
        d.ldconfig("/opt/cached\n");
    }),
    case("an entry of the cache whose file is gone", "", |d| {
        d.library("/opt/cached/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/cached/liba.so"]);
        d.ldconfig("/opt/cached\n");
        std::fs::rename(d.path("/opt/cached/liba.so"), d.path(&d.libraries()).join("liba.so")).unwrap();
    }),
    case("-z nodefaultlib", "libc.so.6: cannot open shared object file", |d| {
        d.program("/bin/app", &[], &["-Wl,-z,nodefaultlib"]);
        d.ldconfig(&format!("{}\n", d.libraries()));
    }),
    case("a better library for the processor", "", |d| {
        d.library("/opt/lib/glibc-hwcaps/x86-64-v2/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/lib/glibc-hwcaps/x86-64-v2/liba.so", "-Wl,-rpath,/opt/lib"]);
    }),
    case("a better library in the cache", "", |d| {
        d.library("/opt/lib/glibc-hwcaps/x86-64-v2/liba.so", &["a"], SHARED);
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
        d.ldconfig("/opt/lib\n");
    }),
    case("files for other machines are passed over", "", |d| {
        wrong(d, |d| d.patch("/opt/1/liba.so", 18, 183));
    }),
    case("files of the other class are passed over", "", |d| wrong(d, |d| d.patch("/opt/1/liba.so", 4, 1))),
    case("nothing but the other class", "liba.so: wrong ELF class: ELFCLASS32", |d| {
        wrong(d, |d| d.patch("/opt/1/liba.so", 4, 1));
        d.remove("/opt/2/liba.so");
    }),
    case(
        "another byte order ends the start",
        "/opt/1/liba.so: ELF file data encoding not little-endian",
        |d| {
            wrong(d, |d| d.patch("/opt/1/liba.so", 5, 2));
        },
    ),
    case("another OS/ABI", "/opt/1/liba.so: ELF file OS ABI invalid", |d| {
        wrong(d, |d| d.patch("/opt/1/liba.so", 7, 9));
    }),
    case("an object file", "/opt/1/liba.so: only ET_DYN and ET_EXEC can be loaded", |d| {
        wrong(d, |d| d.patch("/opt/1/liba.so", 16, 1));
    }),
    case("a program at a fixed address", "liba.so: cannot dynamically load executable", |d| {
        wrong(d, |d| d.patch("/opt/1/liba.so", 16, 2));
    }),
    case("a text", "/opt/1/liba.so: invalid ELF header", |d| {
        wrong(d, |d| d.write("/opt/1/liba.so", &[b'#'; 100]));
    }),
    case("an empty file", "/opt/1/liba.so: file too short", |d| wrong(d, |d| d.write("/opt/1/liba.so", b""))),
    case("a directory", "/opt/1/liba.so: cannot read file data: Error 21", |d| {
        wrong(d, |d| {
            d.remove("/opt/1/liba.so");
            d.write("/opt/1/liba.so/x", b"");
        });
    }),
    case(
        "a link to itself ends the search of the list",
        "liba.so: cannot open shared object file: No such file",
        |d| {
            wrong(d, |d| {
                d.remove("/opt/1/liba.so");
                d.link("liba.so", "/opt/1/liba.so");
            });
        },
    ),
    case("a path through a file", "", |d| {
        wrong(d, |d| {
            d.remove("/opt/1/liba.so");
            std::fs::remove_dir(d.path("/opt/1")).unwrap();
            d.write("/opt/1", b"");
        });
    }),
    case(
        "a program as a library",
        "libprog.so: cannot dynamically load position-independent executable",
        |d| {
            d.program("/opt/libprog.so", &[], &["-pie"]);
            d.library("/opt/stub/libprog.so", &["p"], &["-Wl,-soname,libprog.so"]);
            d.program("/bin/app", &[], &["@/opt/stub/libprog.so", "-Wl,-rpath,/opt"]);
        },
    ),
    case("a name with a slash", "", |d| {
        d.library("/opt/lib/liba.so", &["a"], &["-Wl,-soname,/opt/lib/liba.so"]);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
    }),
    case("a name with a slash that is gone", "/opt/lib/liba.so: cannot open shared object file", |d| {
        d.library("/opt/lib/liba.so", &["a"], &["-Wl,-soname,/opt/lib/liba.so"]);
        d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
        d.remove("/opt/lib/liba.so");
    }),
    case("one file under two names", "", |d| {
        d.library("/opt/lib/libreal.so", &["a"], &[]);
        d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
        d.library("/opt/stub/liby.so", &["a"], &["-Wl,-soname,liby.so"]);
        d.program("/bin/app", &["a"], &["@/opt/stub/libx.so", "@/opt/stub/liby.so", "-Wl,-rpath,/opt/lib"]);
        d.link("libreal.so", "/opt/lib/libx.so");
        d.link("libreal.so", "/opt/lib/liby.so");
    }),
    case("a soname serves for the name", "", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.library("/opt/stub/libx.so", &["a"], &["-Wl,-soname,libx.so"]);
        d.program("/bin/app", &["a"], &["@/opt/stub/libx.so", "@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
        d.link("liba.so", "/opt/lib/libx.so");
    }),
    case(
        "versions that are not there",
        "/opt/lib/liba.so: version `A_3' not found (required by /bin/app)",
        |d| {
            versioned(d, "A_1 { global: a; }; A_2 { global: b; }; A_3 { global: c; };");
            d.compile(
                "/opt/lib/liba.so",
                ABC,
                &["-shared", "-fPIC", SHARED[0], &map(d, "A_1 { global: a; b; c; };")],
            );
        },
    ),
    case(
        "a library without versions",
        "/opt/lib/liba.so: no version information available (required by /bin/app)",
        |d| {
            versioned(d, "A_1 { global: a; b; c; };");
            d.library("/opt/lib/liba.so", &["a", "b", "c"], SHARED);
        },
    ),
    case("a version without its symbol", "undefined symbol: b, version A_1", |d| {
        versioned(d, "A_1 { global: a; b; c; };");
        d.compile(
            "/opt/lib/liba.so",
            "int a(void) { return 0; } int c(void) { return 0; }",
            &["-shared", "-fPIC", SHARED[0], &map(d, "A_1 { global: a; c; };")],
        );
    }),
    case("a function that is bound at start", "symbol lookup error: /bin/app: undefined symbol: a", |d| {
        gone(d, &["-Wl,-z,now"]);
    }),
    case("a function that is bound when it is called", "undefined symbol: a", |d| gone(d, &["-Wl,-z,lazy"])),
    with(
        &[("LD_BIND_NOW", "1")],
        case("LD_BIND_NOW", "undefined symbol: a", |d| {
            gone(d, &["-Wl,-z,lazy"]);
        }),
    ),
    case("a variable is bound at start", "symbol lookup error: /opt/lib/libb.so: undefined symbol: v", |d| {
        d.compile("/opt/lib/liba.so", "int v;", &["-shared", "-fPIC", SHARED[0]]);
        d.compile(
            "/opt/lib/libb.so",
            "extern int v; int b(void) { return v; }",
            &["-shared", "-fPIC", "-Wl,-soname,libb.so", "@/opt/lib/liba.so"],
        );
        d.program(
            "/bin/app",
            &["b"],
            &["@/opt/lib/libb.so", "-Wl,-rpath,/opt/lib", "-Wl,--disable-new-dtags", "-Wl,-z,lazy"],
        );
        d.compile("/opt/lib/liba.so", "int w;", &["-shared", "-fPIC", SHARED[0]]);
    }),
    case("weak symbols may be absent", "", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        let source = "int a(void); int __attribute__((weak)) w(void); int main(void) { return w ? 1 : a(); }";
        d.compile("/bin/app", source, &["@/opt/lib/liba.so", "-Wl,-rpath,/opt/lib"]);
    }),
    with(
        &[("LD_PRELOAD", "libp.so:/opt/lib/liba.so")],
        case("LD_PRELOAD", "object 'libp.so' from LD_PRELOAD cannot be preloaded", |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.program("/bin/app", &["a"], &["@/opt/lib/liba.so"]);
        }),
    ),
    case("a RUNPATH takes the RPATH of the same file out of effect", "libb.so: cannot open", |d| {
        d.library("/x/opt/lib/libb.so", &["b"], &["-Wl,-soname,libb.so"]);
        d.library("/opt/lib/liba.so", &["a"], &["-Wl,-soname,liba.so", "@/x/opt/lib/libb.so"]);
        let flags = ["@/opt/lib/liba.so", "-Wl,-rpath,/x/opt/lib", "-Wl,--disable-new-dtags"];
        d.program("/bin/app", &["a"], &flags);
        d.add_runpath("/bin/app", 2);
    }),
    case("a version that is only for those who ask for it", "undefined symbol: a", hidden),
    case(
        "the library that is needed last is relocated first",
        "/opt/lib/libb.so: undefined symbol: v2",
        |d| {
            d.library("/opt/lib/liba.so", &["a"], SHARED);
            d.library("/opt/lib/libb.so", &["b"], &["-Wl,-soname,libb.so"]);
            d.program(
                "/bin/app",
                &["a", "b"],
                &["@/opt/lib/liba.so", "@/opt/lib/libb.so", "-Wl,-rpath,/opt/lib"],
            );
            for (name, variable) in [("a", "v1"), ("b", "v2")] {
                let source = format!("extern int {variable}; int {name}(void) {{ return {variable}; }}");
                let soname = format!("-Wl,-soname,lib{name}.so");
                d.compile(&format!("/opt/lib/lib{name}.so"), &source, &["-shared", "-fPIC", &soname]);
            }
        },
    ),
    case("and what a library needs before it", "/opt/lib/liba.so: undefined symbol: v1", |d| {
        d.library("/opt/lib/liba.so", &["a"], SHARED);
        d.library("/opt/lib/libb.so", &["b"], &["-Wl,-soname,libb.so"]);
        d.program(
            "/bin/app",
            &["a", "b"],
            &["@/opt/lib/liba.so", "@/opt/lib/libb.so", "-Wl,-rpath,/opt/lib"],
        );
        let source = "extern int v1; int a(void) { return v1; }";
        d.compile("/opt/lib/liba.so", source, &["-shared", "-fPIC", SHARED[0]]);
        let source = "extern int v2; int b(void) { return v2; }";
        let flags = ["-shared", "-fPIC", "-Wl,-soname,libb.so", "@/opt/lib/liba.so"];
        d.compile("/opt/lib/libb.so", source, &flags);
    }),
    case(
        "the error is that of the last file that was tried, if any",
        "libz.so: cannot open shared object file",
        |d| {
            d.library("/stub/libz.so", &["z"], &["-Wl,-soname,libz.so"]);
            d.library("/opt/lib/liba.so", &["a"], &[SHARED[0], "@/stub/libz.so", "-Wl,-z,nodefaultlib"]);
            let flags = ["@/opt/lib/liba.so", "-Wl,-z,nodefaultlib,-rpath,/opt/none:/opt/lib"];
            d.program("/bin/app", &["a"], &flags);
            let libc = d.path(&d.libraries()).join("libc.so.6");
            std::fs::copy(libc, d.path("/opt/lib/libc.so.6")).unwrap();
            d.ldconfig("/opt/cached\n");
        },
    ),
];
