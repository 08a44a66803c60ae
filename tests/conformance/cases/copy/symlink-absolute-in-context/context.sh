mkdir d; echo 1 >d/f; ln -s /d/f l; ln -s /d m
