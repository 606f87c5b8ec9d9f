create macro cents(amount) as round(amount * 100);
