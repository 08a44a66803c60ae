echo 1 >f; echo 2 >x; chmod 644 f; chmod 750 x; mkdir d; chmod 700 d; echo 3 >d/g; chmod 666 d/g
