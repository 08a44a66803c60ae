mkdir d; echo 1 >d/a; ln -s d l
