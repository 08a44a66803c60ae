mkdir d; echo 1 >d/f; echo 2 >d/g; ln -s d l; ln -s d m
