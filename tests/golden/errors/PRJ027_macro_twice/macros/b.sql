create macro cents(x) as x / 100;
