"""What code is seen to use, and the policies that follow from it."""
