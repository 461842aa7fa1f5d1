//! Reusable pieces of screen: each draws plain data with a [`Theme`](super::theme::Theme) and knows no state.
//!
//! Two shapes: functions that return styled lines ([`blocks`], [`footer`], [`progress`], [`text`]), and
//! `draw(area, buf, theme, data)` for what needs the plane. All of them cope with any area, 0x0 included.

pub mod ascii;
pub mod bars;
pub mod blocks;
pub mod chart;
pub mod cloud;
pub mod footer;
pub mod heatmap;
pub mod painted;
pub mod progress;
pub mod scale;
pub mod scatter;
pub mod spikes;
pub mod strip;
pub mod text;
pub mod threads;
pub mod thumbnails;
pub mod tokens;
pub mod wrap;

#[cfg(test)]
pub(crate) mod testing;
