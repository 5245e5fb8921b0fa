//! The boolean flags.

use std::fmt;

macro_rules! boolean_flags {
    ($($name:literal => $flag:ident,)*) => {
        /// A boolean flag of the vendor's manual or of older clients ([source](crate::fidelity#the-widget)).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum BooleanFlag {
            $($flag,)*
        }

        impl BooleanFlag {
            /// All boolean flags with their names.
            pub(crate) const NAMED: &[(&str, Self)] = &[$(($name, Self::$flag),)*];

            /// Returns the flag with this name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$flag),)*
                    _ => None,
                }
            }
        }
    };
}

boolean_flags! {
    "allow_document_upload" => AllowDocumentUpload,
    "allow_face_doc_upload" => AllowFaceDocUpload,
    "allow_face_upload" => AllowFaceUpload,
    "allow_general_document_capture" => AllowGeneralDocumentCapture,
    "allow_general_document_upload" => AllowGeneralDocumentUpload,
    "allow_nfc_capture" => AllowNfcCapture,
    "capture_double_page_passport" => CaptureDoublePagePassport,
    "cascading_identity_verification" => CascadingIdentityVerification,
    "disable_document_capture" => DisableDocumentCapture,
    "document_type_driver_license" => DocumentTypeDriverLicense,
    "document_type_driver_license_vis" => DocumentTypeDriverLicenseVis,
    "document_type_id" => DocumentTypeId,
    "document_type_non_bio_passport" => DocumentTypeNonBioPassport,
    "document_type_passport" => DocumentTypePassport,
    "document_type_residence_license" => DocumentTypeResidenceLicense,
    "liveness" => Liveness,
    "multiple_participants" => MultipleParticipants,
    "optional_continue_on_another_device" => OptionalContinueOnAnotherDevice,
    "requireHdMedia" => RequireHdMedia,
    "require_email" => RequireEmail,
    "require_email_check" => RequireEmailCheck,
    "require_face_document" => RequireFaceDocument,
    "require_phone_number" => RequirePhoneNumber,
    "require_phone_number_check" => RequirePhoneNumberCheck,
    "restrict_url_sharing" => RestrictUrlSharing,
    "skip_agreement" => SkipAgreement,
    "skip_desktop" => SkipDesktop,
    "skip_document" => SkipDocument,
    "skip_face" => SkipFace,
}

impl BooleanFlag {
    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// The boolean flags that are on.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct BooleanFlags(u32);

impl BooleanFlags {
    /// Whether this flag is on.
    pub(crate) fn has(self, flag: BooleanFlag) -> bool {
        self.0 & flag.bit() != 0
    }

    /// Whether a general document such as a utility bill is requested.
    pub(crate) fn wants_general_document(self) -> bool {
        self.has(BooleanFlag::AllowGeneralDocumentCapture) || self.has(BooleanFlag::AllowGeneralDocumentUpload)
    }

    pub(super) fn set(&mut self, flag: BooleanFlag, is_on: bool) {
        self.0 = if is_on { self.0 | flag.bit() } else { self.0 & !flag.bit() };
    }
}

impl fmt::Debug for BooleanFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(BooleanFlag::NAMED.iter().filter(|(_, flag)| self.has(*flag)).map(|(name, _)| name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_boolean_flag_is_found_by_its_name() {
        for (name, flag) in BooleanFlag::NAMED {
            assert_eq!(BooleanFlag::named(name), Some(*flag));
        }
        assert!(BooleanFlag::NAMED.len() <= 32, "a flag has a bit of 32");
        assert_eq!(BooleanFlag::named("Liveness"), None);
    }
}
