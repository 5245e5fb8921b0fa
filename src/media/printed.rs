//! The values of a result document that pictures show.

use serde_json::{Map, Value};

use super::PortraitSubject;

use crate::problem::Problem;

/// A parsed result document: a picture shows what `result/` returns, whatever produced it.
#[derive(Debug)]
pub(crate) struct ParsedResult(Value);

/// The printed values of one side of a document. Missing values are not printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrintedSide<'a> {
    /// The raw fields of a side of a card.
    card: Option<&'a Map<String, Value>>,
    person: Option<&'a Map<String, Value>>,
}

/// The names of a field: in `id_card_front`, in `person`, and in `person` for local script.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldNames(&'static str, &'static str, &'static str);

impl FieldNames {
    pub(super) const SURNAME: Self = Self("Surname", "last_name", "local_last_name");
    pub(super) const GIVEN_NAMES: Self = Self("Given_Names", "first_name", "local_first_name");
    pub(super) const NATIONALITY: Self = Self("Nationality", "nationality", "");
    pub(super) const SEX: Self = Self("Sex", "sex", "");
    pub(super) const BIRTHDAY: Self = Self("Date_of_Birth", "birthday", "");
    pub(super) const BIRTH_PLACE: Self = Self("Place_of_Birth", "birth_place", "");
    pub(super) const NUMBER: Self = Self("Document_Number", "document_number", "");
    pub(super) const PERSONAL_NUMBER: Self = Self("Personal_Number", "personal_number", "");
    pub(super) const ISSUED: Self = Self("Date_of_Issue", "document_issued", "");
    pub(super) const EXPIRES: Self = Self("Date_of_Expiry", "document_expires", "");
    pub(super) const AUTHORITY: Self = Self("Authority", "authority", "local_authority");
    pub(super) const ADDRESS: Self = Self("Address", "address", "");
    pub(super) const COUNTRY: Self = Self("Issuing_State_Code", "issuing_state", "");
}

impl<'a> PrintedSide<'a> {
    /// Returns the Latin text; empty if there is none.
    pub(super) fn latin(self, field: FieldNames) -> &'a str {
        let of_card = self.card.and_then(|card| card.get(&format!("{}_en_US", field.0)));
        text(of_card.or_else(|| self.person?.get(field.1)))
    }

    /// Returns the local-script text; empty if there is none.
    pub(super) fn local(self, field: FieldNames) -> &'a str {
        let start = format!("{}_", field.0);
        let is_local = |name: &&String| {
            let locale = name.strip_prefix(&start).unwrap_or_default();
            locale.len() == 5 && locale != "en_US"
        };
        let of_card = self.card.and_then(|card| Some(&card[card.keys().find(is_local)?]));
        text(of_card.or_else(|| self.person?.get(field.2)))
    }

    /// Returns the local-script and the Latin text.
    pub(super) fn both(self, field: FieldNames) -> [&'a str; 2] {
        [self.local(field), self.latin(field)]
    }

    /// Returns first and middle names, in local script and in Latin letters.
    pub(super) fn given_names(self) -> [String; 2] {
        let person = |member| text(self.person.and_then(|person| person.get(member)));
        let both = |first: &str, middle: &str| format!("{first} {middle}").trim().to_owned();
        let local_middle = self.card.and_then(|card| card.get("localMiddleName"));
        let local_middle = local_middle.map_or_else(|| person("local_middle_name"), |middle| text(Some(middle)));
        [
            both(self.local(FieldNames::GIVEN_NAMES), local_middle),
            both(self.latin(FieldNames::GIVEN_NAMES), person("middle_name")),
        ]
    }

    /// Returns the lines of the machine readable zone, at most three.
    pub(super) fn zone(self) -> impl Iterator<Item = &'a str> {
        let of_card = self.card.and_then(|card| card.get("mrz"));
        text(of_card.or_else(|| self.person?.get("mrz"))).lines().take(3)
    }
}

impl ParsedResult {
    /// Parses a result document.
    pub(crate) fn read(json: &[u8]) -> Self {
        Self(serde_json::from_slice(json).expect("result documents are JSON"))
    }

    /// Describes the available documents, for messages about missing ones.
    pub(super) fn describe_available(&self) -> String {
        let result = text(self.0.get("result"));
        format!("its `result` is `{result}` and its `document_type` is `{}`", self.kind())
    }

    /// Returns the kind of identity document in the vendor's words; empty if there is none.
    pub(super) fn kind(&self) -> &str {
        text(self.0.get("document_type"))
    }

    /// Whether there is a picture of the face. Without `face_images`, there is one if faces were compared.
    pub(super) fn has_face(&self) -> bool {
        let images = self.0.get("face_images");
        images.map_or_else(|| self.similarity().is_some(), |images| images.as_f64() > Some(0.0))
    }

    /// Returns the similarity of the faces; `None` if they were not compared.
    pub(crate) fn similarity(&self) -> Option<f64> {
        self.0.get("similarity").and_then(Value::as_f64).filter(|similarity| *similarity > 0.0)
    }

    /// Returns the person that the document names, otherwise the person of the session.
    pub(crate) fn subject(&self, of_session: &PortraitSubject) -> PortraitSubject {
        let named = || {
            let person = self.0.get("person")?;
            let (first, last) = (person.get("first_name")?.as_str()?, person.get("last_name")?.as_str()?);
            Some((format!("{first} {last}"), person.get("sex").and_then(Value::as_str) == Some("F")))
        };
        match named() {
            Some((name, is_female)) => PortraitSubject { name, is_female, ..*of_session },
            None => of_session.clone(),
        }
    }

    /// Returns the printed values of a passport, or of one side of a card (`id_card_front`, `id_card_back`).
    pub(super) fn print(&self, side: Option<&str>) -> PrintedSide<'_> {
        let member = |name| self.0.get(name).and_then(Value::as_object);
        PrintedSide { card: side.and_then(member), person: member("person") }
    }

    /// Returns the general document of this kind, or the first, and its page with this number.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the available documents.
    pub(super) fn page(&self, kind: Option<&str>, page: u32) -> Result<GeneralDocumentPage<'_>, Problem> {
        let all = self.0.get("generalDocuments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let names =
            |document: &Value| [text(document.get("typeId")), text(document.get("documentType"))].map(kinds_word);
        let Some(first) = all.first() else {
            return Err(Problem::rule("its result document has no `generalDocuments`"));
        };
        let wanted = kind.map(kinds_word);
        let found = match &wanted {
            Some(kind) => all.iter().find(|document| names(document).contains(kind)),
            None => Some(first),
        };
        let Some(document) = found else {
            let there: Vec<_> = all.iter().map(|document| format!("`{}`", names(document)[0])).collect();
            return Err(Problem::rule(format!("its general documents are: {}", there.join(", "))));
        };
        let pages = document.get("pages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let at = (page as usize).checked_sub(1);
        let missing = || Problem::rule(format!("its document has {} page(s)", pages.len()));
        let found = at.and_then(|at| pages.get(at)).ok_or_else(missing)?;
        Ok(GeneralDocumentPage {
            kind: names(document)[0].clone(),
            of: pages.len(),
            content: found.get("final").unwrap_or(&Value::Null),
        })
    }
}

/// A page of a general document.
#[derive(Debug)]
pub(super) struct GeneralDocumentPage<'a> {
    /// `utility_bill`, or another kind.
    pub(super) kind: String,
    /// Number of pages of the document.
    pub(super) of: usize,
    content: &'a Value,
}

impl GeneralDocumentPage<'_> {
    /// Returns a value of the document as text; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        text(self.content.get(name))
    }
}

/// Normalizes a kind of general document, which the vendor writes in several ways: `UTILITY_BILL`, `utility-bill`.
fn kinds_word(word: &str) -> String {
    word.to_ascii_lowercase().replace('-', "_")
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}
