mod agreements;
mod bench;
mod papers;
mod pdfs;
mod portal_view;
mod receipt;
mod story;
mod town;
