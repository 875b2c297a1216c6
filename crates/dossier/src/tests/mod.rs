mod agreements;
mod papers;
mod pdfs;
mod portal_view;
mod story;
mod town;
