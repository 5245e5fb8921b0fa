//! A link as a QR code.

use fast_qr::{ECL, QRBuilder};
use serde_json::{Value, json};

/// Returns the code of a link: its width in modules, and the dark modules as the path of an SVG picture. `None` if the
/// link is too long.
pub(super) fn code(link: &str) -> Option<Value> {
    let code = QRBuilder::new(link).ecl(ECL::M).build().ok()?;
    let modules = (0..code.size).flat_map(|row| (0..code.size).map(move |column| (row, column)));
    let dark = modules.filter(|(row, column)| code[*row][*column].value());
    let path: String = dark.map(|(row, column)| format!("M{column} {row}h1v1h-1z")).collect();
    Some(json!({ "size": code.size, "path": path }))
}
