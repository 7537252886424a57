//! Rules of mail, case by case.
