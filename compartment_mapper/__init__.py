"""Bundle, inspect and run JavaScript applications under SES, one compartment per package."""
