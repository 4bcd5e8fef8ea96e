"""Empty smear to put cells on."""
