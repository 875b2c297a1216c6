//! Prints a JSON file by a template: `cargo run -p documents --example print -- form data.json out.pdf`.

use documents::{COPIES, DOSSIER, FORM, MEDIATION_AGREEMENT, RECEIPT, render};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, from, to] = args.as_slice() else { panic!("form|copies|dossier|agreement|receipt data.json out.pdf") };
    let template = match name.as_str() {
        "form" => FORM,
        "copies" => COPIES,
        "dossier" => DOSSIER,
        "agreement" => MEDIATION_AGREEMENT,
        "receipt" => RECEIPT,
        other => panic!("no template {other}"),
    };
    let data = serde_json::from_str(&std::fs::read_to_string(from).expect("a file")).expect("JSON");
    let started = std::time::Instant::now();
    let pdf = render(&template, &data).unwrap_or_else(|e| panic!("{}", e.detail()));
    println!("{} pages, {} bytes, {:?}, missing {:?}", pdf.pages, pdf.bytes.len(), started.elapsed(), pdf.missing);
    std::fs::write(to, pdf.bytes).expect("written");
}
