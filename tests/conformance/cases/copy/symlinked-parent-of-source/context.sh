mkdir -p d/sub; echo 1 >d/sub/f; ln -s d l
