//! Seconds since 1970 as a day and a time, UTC.

/// The day, `YYYY-MM-DD` (days to civil date after Howard Hinnant's algorithm).
#[must_use]
pub fn day(seconds: u64) -> String {
    let days = (seconds / 86_400).min(100_000_000) as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Day and minute.
#[must_use]
pub fn moment(seconds: u64) -> String {
    let of_day = seconds % 86_400;
    format!("{} {:02}:{:02} UTC", day(seconds), of_day / 3_600, of_day / 60 % 60)
}
