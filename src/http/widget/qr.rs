//! A link as a QR code.

use fast_qr::{ECL, QRBuilder};
use serde_json::{Value, json};

/// The code of a link: how many modules it is wide, and the dark ones as the path of an SVG picture. `None` for a link
/// that is too long for one.
pub(super) fn code(link: &str) -> Option<Value> {
    let code = QRBuilder::new(link).ecl(ECL::M).build().ok()?;
    let modules = (0..code.size).flat_map(|row| (0..code.size).map(move |column| (row, column)));
    let dark = modules.filter(|(row, column)| code[*row][*column].value());
    let path: String = dark.map(|(row, column)| format!("M{column} {row}h1v1h-1z")).collect();
    Some(json!({ "size": code.size, "path": path }))
}
