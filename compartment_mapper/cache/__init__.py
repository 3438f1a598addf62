"""What is kept between runs, in a folder of the user's: never needed, never trusted to be right."""
