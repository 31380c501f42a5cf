use polar_codegen::{document::Source, *};
fn main() {
    let dir = "/work/main/spec";
    let mut c = vec![];
    for v in std::env::args().skip(1) {
        let n = format!("{dir}/{v}.yaml");
        let t = std::fs::read_to_string(&n).unwrap();
        c.push((n, t));
    }
    let ov = std::fs::read_to_string(format!("{dir}/overlay.yaml")).ok();
    let w = std::fs::read_to_string(format!("{dir}/docs.yaml")).ok();
    let input = Input {
        contracts: c.iter().map(|(n, t)| Source { name: n, text: t }).collect(),
        overlay: ov.as_deref().map(|t| Source {
            name: "overlay.yaml",
            text: t,
        }),
        words: w.as_deref().map(|t| Source {
            name: "docs.yaml",
            text: t,
        }),
        default_version: "2026-10",
    };
    match generate(&input) {
        Ok(o) => {
            for v in &o.versions {
                println!(
                    "{} ops {} types {} unions {:?} cov {:?}",
                    v.version, v.operations, v.types, v.unions, v.coverage
                );
                if std::env::var("TABLE").is_ok() {
                    for r in &v.table {
                        println!(
                            "  {} {} {} {} {}",
                            r.name,
                            r.variants,
                            r.resolution,
                            r.deciding,
                            r.used_by.len()
                        );
                    }
                }
            }
            let out = std::path::Path::new("/work/main/generated");
            let _ = std::fs::remove_dir_all(out);
            for (p, t) in o.files {
                let f = out.join(p);
                std::fs::create_dir_all(f.parent().unwrap()).unwrap();
                std::fs::write(f, t).unwrap();
            }
        }
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(2)
        }
    }
}
