mod papers;
mod portal_view;
mod story;
mod town;
