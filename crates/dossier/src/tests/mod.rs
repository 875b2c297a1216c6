mod agreements;
mod papers;
mod pdfs;
mod portal_view;
mod receipt;
mod story;
mod town;
