echo 1 >f; ln -s f c; ln -s c b; ln -s b a
