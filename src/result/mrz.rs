//! Machine readable zones: three lines of 30 characters on cards, two lines of 44 in passports.

use jiff::civil::Date;

/// The content of a machine readable zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mrz<'a> {
    pub(super) last_name: &'a str,
    /// First and middle names, separated by spaces.
    pub(super) given_names: &'a str,
    /// Three-letter code: issuing state and nationality.
    pub(super) country: &'a str,
    /// Document number, at most 9 characters.
    pub(super) document_number: &'a str,
    /// Personal number, at most 14 characters.
    pub(super) personal_number: &'a str,
    pub(super) birthday: Date,
    /// `F` or `M`.
    pub(super) sex: &'a str,
    pub(super) expires: Date,
}

impl Mrz<'_> {
    /// Returns the two lines of a passport (TD3).
    pub(super) fn passport(&self) -> String {
        let number = checked(&padded(self.document_number, 9));
        let birthday = checked(&date(self.birthday));
        let expires = checked(&date(self.expires));
        let personal = checked(&padded(self.personal_number, 14));
        let country = padded(self.country, 3);
        let whole = check_digit(&format!("{number}{birthday}{expires}{personal}"));
        format!("P<{country}{}\n{number}{country}{birthday}{}{expires}{personal}{whole}", self.names(39), self.sex)
    }

    /// Returns the three lines of a card (TD1) with the two-character kind `code`.
    pub(super) fn card(&self, code: &str) -> String {
        let number = checked(&padded(self.document_number, 9));
        let birthday = checked(&date(self.birthday));
        let expires = checked(&date(self.expires));
        let personal = padded(self.personal_number, 15);
        let country = padded(self.country, 3);
        let optional = padded("", 11);
        let whole = check_digit(&format!("{number}{personal}{birthday}{expires}{optional}"));
        format!(
            "{code}{country}{number}{personal}\n{birthday}{}{expires}{country}{optional}{whole}\n{}",
            self.sex,
            self.names(30)
        )
    }

    fn names(&self, width: usize) -> String {
        let letters = |name: &str| name.replace('\'', "").replace([' ', '-'], "<").to_ascii_uppercase();
        padded(&format!("{}<<{}", letters(self.last_name), letters(self.given_names)), width)
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text:<<width$.width$}")
}

fn date(date: Date) -> String {
    format!("{:02}{:02}{:02}", date.year() % 100, date.month(), date.day())
}

fn checked(field: &str) -> String {
    format!("{field}{}", check_digit(field))
}

/// Returns the check digit of ICAO document 9303: weights 7, 3, 1; letters count from 10, `<` is 0.
fn check_digit(field: &str) -> u32 {
    let value = |character: char| character.to_digit(36).unwrap_or(0);
    field.chars().map(value).zip([7, 3, 1].into_iter().cycle()).map(|(value, weight)| value * weight).sum::<u32>() % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specimen of ICAO document 9303.
    const SPECIMEN: Mrz<'_> = Mrz {
        last_name: "Eriksson",
        given_names: "Anna Maria",
        country: "UTO",
        document_number: "L898902C3",
        personal_number: "ZE184226B",
        birthday: Date::constant(1974, 8, 12),
        sex: "F",
        expires: Date::constant(2012, 4, 15),
    };

    #[test]
    fn a_passport_reads_like_the_published_specimen() {
        assert_eq!(
            SPECIMEN.passport(),
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
             L898902C36UTO7408122F1204159ZE184226B<<<<<10"
        );
    }

    #[test]
    fn a_card_reads_like_the_published_specimen() {
        let specimen = Mrz { document_number: "D23145890", personal_number: "", ..SPECIMEN };
        assert_eq!(
            specimen.card("I<"),
            "I<UTOD231458907<<<<<<<<<<<<<<<\n\
             7408122F1204159UTO<<<<<<<<<<<6\n\
             ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
        );
    }

    #[test]
    fn long_names_are_cut_and_signs_are_replaced() {
        let long = Mrz { last_name: "O'Sampleton-Verylongfamilyname", given_names: "Maria Guadalupe", ..SPECIMEN };
        for (zone, width) in [(long.passport(), 44), (long.card("ID"), 30)] {
            assert!(zone.lines().all(|line| line.len() == width), "{zone}");
        }
        assert!(long.passport().starts_with("P<UTOOSAMPLETON<VERYLONGFAMILYNAME<<MARIA<GU\n"));
    }
}
